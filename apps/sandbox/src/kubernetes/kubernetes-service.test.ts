import { startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';
import type { Json } from './json.js';
import { SAMPLES } from './testing/samples.js';

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

const SERVICES = '/api/v1/namespaces/default/services';
const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims';
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const MERGE = 'application/merge-patch+json';

describe('the API of Kubernetes', () => {
  let sandbox: StartedSandbox;
  let guarded: StartedSandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
    guarded = await startSandbox({ SANDBOX_KUBERNETES_TOKEN: 'open-sesame', SANDBOX_KUBERNETES_NAMESPACES: 'mine' });
  });
  afterAll(async () => {
    await sandbox.stop();
    await guarded.stop();
  });
  beforeEach(() => sandbox.send('POST', 'reset'));

  async function ask(method: string, path: string, body?: unknown, headers: object = {}): Promise<Reply> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${sandbox.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: text }),
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
  }

  it('answers a refusal as a Status, in full', async () => {
    expect((await ask('GET', `${SERVICES}/a`)).body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'services "a" not found',
      reason: 'NotFound',
      details: { name: 'a', kind: 'services' },
      code: 404,
    });
  });

  it('answers what is invalid with its causes', async () => {
    const { status, body } = await ask('POST', SERVICES, {
      metadata: { name: 'a' },
      spec: { ports: [{ port: 0, targetPort: 1 }] },
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({
      message: 'Service "a" is invalid: spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      reason: 'Invalid',
      details: { name: 'a', kind: 'Service', causes: [{ reason: 'FieldValueInvalid', field: 'spec.ports[0].port' }] },
    });
  });

  it.each<[string, string, unknown, object, number, string]>([
    ['GET', '/api/v1/namespaces/default/configmaps', undefined, {}, 404, 'NotFound'],
    ['GET', '/apis/apps/v1beta1/namespaces/default/deployments', undefined, {}, 404, 'NotFound'],
    ['GET', '/api/v1', undefined, {}, 404, 'NotFound'],
    ['GET', `${SERVICES}/a/status`, undefined, {}, 404, 'NotFound'],
    ['PUT', SERVICES, {}, {}, 405, 'MethodNotAllowed'],
    ['POST', '/api/v1/services', {}, {}, 405, 'MethodNotAllowed'],
    ['DELETE', SERVICES, undefined, {}, 405, 'MethodNotAllowed'],
    ['POST', '/version', {}, {}, 405, 'MethodNotAllowed'],
    ['GET', `${SERVICES}?watch=true`, undefined, {}, 405, 'MethodNotAllowed'],
    ['GET', `${SERVICES}?limit=5`, undefined, {}, 400, 'BadRequest'],
    ['GET', `${SERVICES}?fieldSelector=metadata.name%3Da`, undefined, {}, 400, 'BadRequest'],
    ['GET', `${SERVICES}?labelSelector=a%20b`, undefined, {}, 400, 'BadRequest'],
    ['GET', SERVICES, undefined, { accept: 'text/html' }, 406, 'NotAcceptable'],
    ['POST', `${SERVICES}?dryRun=All`, SAMPLES.Service, {}, 400, 'BadRequest'],
    ['POST', SERVICES, '{', {}, 400, 'BadRequest'],
    ['POST', SERVICES, '[]', {}, 400, 'BadRequest'],
    ['POST', SERVICES, SAMPLES.Service, { 'content-type': 'application/yaml' }, 415, 'UnsupportedMediaType'],
    ['POST', SERVICES, { ...SAMPLES.Service, kind: 'Pod' }, {}, 400, 'BadRequest'],
    ['POST', SERVICES, { ...SAMPLES.Service, apiVersion: 'v2' }, {}, 400, 'BadRequest'],
    ['POST', SERVICES, { ...SAMPLES.Service, metadata: { name: 'a', namespace: 'couchdb' } }, {}, 400, 'BadRequest'],
    ['POST', SERVICES, { ...SAMPLES.Service, metadata: { name: 'a', resourceVersion: '1' } }, {}, 400, 'BadRequest'],
    ['POST', '/api/v1/namespaces/other/services', SAMPLES.Service, {}, 404, 'NotFound'],
    [
      'PATCH',
      `${SERVICES}/a`,
      {},
      { 'content-type': 'application/strategic-merge-patch+json' },
      415,
      'UnsupportedMediaType',
    ],
    ['PATCH', `${SERVICES}/a`, {}, { 'content-type': MERGE }, 404, 'NotFound'],
    ['DELETE', `${SERVICES}/a`, undefined, {}, 404, 'NotFound'],
    ['DELETE', `${SERVICES}/a`, { propagationPolicy: 'Sometimes' }, {}, 422, 'Invalid'],
    ['DELETE', `${SERVICES}/a`, { kind: 'Service' }, {}, 400, 'BadRequest'],
    ['DELETE', `${SERVICES}/a`, { orphanDependents: false }, {}, 400, 'BadRequest'],
  ])('refuses %s %s with %j %j: %s %s', async (method, path, body, headers, status, reason) => {
    expect(await ask(method, path, body, headers)).toMatchObject({
      status,
      body: { kind: 'Status', code: status, reason },
    });
    expect(await sandbox.effects()).toEqual([]);
  });

  it('gives each Service an address of its own, and a headless one none', async () => {
    const addresses = [];
    for (const name of ['a', 'b']) {
      const { body } = await ask('POST', SERVICES, { ...SAMPLES.Service, metadata: { name } });
      const { clusterIP, clusterIPs } = body['spec'] as Json;
      expect(clusterIPs).toEqual([clusterIP]);
      addresses.push(clusterIP);
    }
    expect(new Set(addresses).size).toBe(2);
    const headless = { metadata: { name: 'c' }, spec: { clusterIP: 'None', selector: { a: 'b' } } };
    expect((await ask('POST', SERVICES, headless)).body['spec']).toMatchObject({
      clusterIP: 'None',
      clusterIPs: ['None'],
    });
  });

  it('takes a replacement that does not know the address, or which version it replaces, unless the kind needs it', async () => {
    const made = await ask('POST', SERVICES, SAMPLES.Service);
    const again = await ask('PUT', `${SERVICES}/a`, SAMPLES.Service);
    expect(again.body).toEqual(made.body);
    await ask('POST', BUDGETS, SAMPLES.PodDisruptionBudget);
    expect(await ask('PUT', `${BUDGETS}/a`, SAMPLES.PodDisruptionBudget)).toMatchObject({ status: 422 });
  });

  it('says nothing is changed by a patch that changes nothing', async () => {
    const made = await ask('POST', SERVICES, SAMPLES.Service);
    const same = await ask('PATCH', `${SERVICES}/a`, { spec: { type: 'ClusterIP' } }, { 'content-type': MERGE });
    expect(same.body).toEqual(made.body);
    expect((await sandbox.effects()).map(({ action }) => action)).toEqual(['CreateService']);
  });

  it('says of a patch that cannot be decoded that it is invalid', async () => {
    await ask('POST', SERVICES, SAMPLES.Service);
    const answer = await ask('PATCH', `${SERVICES}/a`, { spec: { what: 1 } }, { 'content-type': MERGE });
    expect(answer).toMatchObject({ status: 422, body: { details: { causes: [{ field: 'patch' }] } } });
  });

  it('deletes only the object and the version that is meant', async () => {
    const { metadata } = (await ask('POST', SERVICES, SAMPLES.Service)).body as { metadata: Json };
    const other = await ask('DELETE', `${SERVICES}/a`, { preconditions: { uid: 'other' } });
    expect(other).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    const stale = await ask('DELETE', `${SERVICES}/a`, { preconditions: { resourceVersion: '0' } });
    expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    const { uid, resourceVersion } = metadata;
    expect(await ask('DELETE', `${SERVICES}/a`, { preconditions: { uid, resourceVersion } })).toMatchObject({
      status: 200,
    });
  });

  it('answers a deletion with the object where the real server does, and with a Status elsewhere', async () => {
    await ask('POST', SERVICES, SAMPLES.Service);
    expect((await ask('DELETE', `${SERVICES}/a`)).body).toMatchObject({ kind: 'Service' });
    await ask('POST', BUDGETS, SAMPLES.PodDisruptionBudget);
    const { body } = await ask('DELETE', `${BUDGETS}/a`);
    expect(body).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'a', group: 'policy' } });
  });

  it('keeps a claim until nobody protects it', async () => {
    await ask('POST', CLAIMS, SAMPLES.PersistentVolumeClaim);
    const { body } = await ask('DELETE', `${CLAIMS}/a`);
    expect(body).toMatchObject({ metadata: { deletionTimestamp: expect.any(String) as string } });
  });

  it('lists without naming the kind of each entry, of one namespace or of all', async () => {
    await ask('POST', SERVICES, SAMPLES.Service);
    await ask('POST', '/api/v1/namespaces/couchdb/services', SAMPLES.Service);
    const { body } = await ask('GET', SERVICES);
    expect(body).toMatchObject({ kind: 'ServiceList', apiVersion: 'v1' });
    expect(body['items']).toEqual([expect.not.objectContaining({ kind: 'Service' })]);
    expect((await ask('GET', '/api/v1/services')).body['items']).toHaveLength(2);
  });

  it('never notes what a Secret holds', async () => {
    await ask('POST', '/api/v1/namespaces/default/secrets', SAMPLES.Secret);
    const [effect] = await sandbox.effects('CreateSecret');
    expect(effect).toMatchObject({ service: 'kubernetes', kind: 'Secret', namespace: 'default', name: 'a' });
    expect(JSON.stringify(effect)).not.toContain('YWxpY2U=');
  });

  it('fails as it is asked to, in its own words', async () => {
    const fault = { kind: 'error', service: 'kubernetes', action: 'ListServices', status: 403, code: 'Forbidden' };
    await sandbox.send('POST', 'faults', { ...fault, count: 1 });
    expect(await ask('GET', SERVICES)).toMatchObject({ status: 403, body: { kind: 'Status', reason: 'Forbidden' } });
    await sandbox.send('POST', 'faults', { kind: 'throttle', service: 'kubernetes', count: 1 });
    const throttled = await ask('GET', SERVICES);
    expect(throttled).toMatchObject({ status: 429, body: { reason: 'TooManyRequests' } });
    expect(throttled.headers.get('retry-after')).toBe('1');
  });

  it('knows one token and the namespaces it is given', async () => {
    const path = `${guarded.url}/api/v1/namespaces/mine/services`;
    expect((await fetch(path)).status).toBe(401);
    expect((await fetch(path, { headers: { authorization: 'Bearer other' } })).status).toBe(401);
    const headers = { authorization: 'Bearer open-sesame', 'content-type': 'application/json' };
    const send = (url: string): Promise<Response> =>
      fetch(url, { method: 'POST', headers, body: JSON.stringify(SAMPLES.Service) });
    expect((await send(path)).status).toBe(201);
    expect((await send(path.replace('mine', 'default'))).status).toBe(404);
  });
});
