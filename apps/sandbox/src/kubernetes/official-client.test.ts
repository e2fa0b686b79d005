import { startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';
import type { Kind } from './objects.js';
import {
  startOfficialClient,
  type ApiName,
  type ClientAnswer,
  type OfficialClient,
} from './testing/official-client.js';
import { SAMPLES } from './testing/samples.js';

const MERGE = 'application/merge-patch+json';
const KINDS: readonly [ApiName, Kind][] = [
  ['AppsV1Api', 'Deployment'],
  ['AppsV1Api', 'StatefulSet'],
  ['CoreV1Api', 'ReplicationController'],
  ['CoreV1Api', 'Service'],
  ['CoreV1Api', 'Secret'],
  ['CoreV1Api', 'PersistentVolumeClaim'],
  ['PolicyV1Api', 'PodDisruptionBudget'],
  ['NetworkingV1Api', 'NetworkPolicy'],
];
const PLACE = { namespace: 'couchdb', name: 'a' };

describe('the official client', () => {
  let sandbox: StartedSandbox;
  let client: OfficialClient;
  beforeAll(async () => {
    sandbox = await startSandbox();
    client = startOfficialClient(sandbox.url);
  });
  afterAll(async () => {
    await client.stop();
    await sandbox.stop();
  });
  beforeEach(() => sandbox.send('POST', 'reset'));

  /** A sample nobody makes pods of: the tests of the runtime do. */
  const body = (kind: Kind): object => {
    const sample = SAMPLES[kind];
    if (!['Deployment', 'ReplicationController', 'StatefulSet'].includes(kind)) return sample;
    return { ...sample, spec: { ...(sample['spec'] as object), replicas: 0 } };
  };
  const create = (api: ApiName, kind: Kind): Promise<ClientAnswer> =>
    client.call(api, `createNamespaced${kind}`, { namespace: 'couchdb', body: body(kind) });

  it('asks for the version', async () => {
    expect((await client.call('VersionApi', 'getCode', {})).value).toMatchObject({ major: '1' });
  });

  it.each(KINDS)('of %s makes, reads, lists, changes, replaces and deletes a %s', async (api, kind) => {
    const made = (await create(api, kind)).value;
    expect(made).toMatchObject({ kind, metadata: { name: 'a', namespace: 'couchdb' } });
    expect(await create(api, kind)).toMatchObject({ code: 409, body: { reason: 'AlreadyExists' } });

    const patch = { metadata: { labels: { color: 'red' } } };
    const patched = await client.call(api, `patchNamespaced${kind}`, { ...PLACE, body: patch }, MERGE);
    expect(patched.value).toMatchObject({ metadata: patch.metadata });
    const stale = { metadata: { ...patch.metadata, resourceVersion: '1' } };
    expect(await client.call(api, `patchNamespaced${kind}`, { ...PLACE, body: stale }, MERGE)).toMatchObject({
      code: 409,
      body: { reason: 'Conflict', message: expect.stringContaining('the object has been modified') as string },
    });

    const listed = async (labelSelector: string): Promise<unknown> =>
      (await client.call(api, `listNamespaced${kind}`, { namespace: 'couchdb', labelSelector })).value?.['items'];
    expect(await listed('color in (red,blue)')).toHaveLength(1);
    expect(await listed('color!=red')).toEqual([]);

    const read = (await client.call(api, `readNamespaced${kind}`, PLACE)).value;
    const replaced = await client.call(api, `replaceNamespaced${kind}`, { ...PLACE, body: read });
    expect(replaced.value).toEqual(read);
    const renamed = { ...PLACE, name: 'b', body: read };
    expect(await client.call(api, `replaceNamespaced${kind}`, renamed)).toMatchObject({ code: 400 });

    const deletion = { ...PLACE, body: { propagationPolicy: 'Background' } };
    expect((await client.call(api, `deleteNamespaced${kind}`, deletion)).value).toBeDefined();
    if (kind !== 'PersistentVolumeClaim') {
      expect(await client.call(api, `deleteNamespaced${kind}`, deletion)).toMatchObject({
        code: 404,
        body: { reason: 'NotFound' },
      });
    }
    const effects = (await sandbox.effects()).map(({ service, action, name }) => [service, action, name]);
    expect(effects).toEqual(['Create', 'Patch', 'Delete'].map((verb) => ['kubernetes', `${verb}${kind}`, 'a']));
  });

  it('is told that its own choice of a patch is not played', async () => {
    await create('CoreV1Api', 'Service');
    const answer = await client.call('CoreV1Api', 'patchNamespacedService', { ...PLACE, body: [] });
    expect(answer).toMatchObject({ code: 415, body: { reason: 'UnsupportedMediaType' } });
  });

  it('is told when to come back', async () => {
    await sandbox.send('POST', 'faults', { kind: 'throttle', service: 'kubernetes', action: 'ListPods', ms: 2000 });
    const answer = await client.call('CoreV1Api', 'listNamespacedPod', { namespace: 'couchdb' });
    expect(answer).toMatchObject({ code: 429, body: { reason: 'TooManyRequests', details: { retryAfterSeconds: 2 } } });
  });
});
