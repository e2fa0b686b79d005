import type { KubeObject } from '../objects';
import { planContainer, type ContainerPlan } from './container-plan';
import { containersOf } from './pod-spec';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const metadata = { name: 'n', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const secret: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata,
  data: { user: base64('ann'), pass: base64('pw'), ini: base64('[couchdb]\na = b\n[admins]\n; no = one\nown = x=y\n') },
};
const ref = (key: string, name = 'login'): object => ({ valueFrom: { secretKeyRef: { name, key } } });
const LOGIN = [
  { name: 'COUCHDB_USER', ...ref('user') },
  { name: 'COUCHDB_PASSWORD', ...ref('pass') },
];
const INI = { name: 'ini', secret: { secretName: 'login', items: [{ key: 'ini', path: 'own.ini' }] } };
const DATA = { name: 'data', persistentVolumeClaim: { claimName: 'claim' } };
const LOCAL = '/opt/couchdb/etc/local.d';

function plan(container: object, volumes: readonly object[] = [], image = 'couchdb:3.3.3'): ContainerPlan {
  const spec = { containers: [{ name: 'c', image, ...container }], volumes };
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
  const [read] = containersOf(pod);
  if (read === undefined) throw new Error('no container');
  return planContainer(pod, read, (name) => (name === 'login' ? secret : undefined));
}

describe('a container', () => {
  it('has the administrators of its environment and of the files that CouchDB reads', () => {
    const volumeMounts = [{ name: 'ini', mountPath: `${LOCAL}/own.ini`, subPath: 'own.ini' }];
    expect(plan({ env: LOGIN, volumeMounts }, [INI])).toMatchObject({
      kind: 'runs',
      admins: { ann: 'pw', own: 'x=y' },
    });
    const elsewhere = [{ name: 'ini', mountPath: '/etc/couchdb' }];
    expect(plan({ env: LOGIN, volumeMounts: elsewhere }, [INI])).toMatchObject({ admins: { ann: 'pw' } });
  });

  it('takes all of a Secret into its environment where it says so', () => {
    const envFrom = [{ prefix: 'X_', secretRef: { name: 'login' } }];
    expect(plan({ env: LOGIN, envFrom })).toMatchObject({ admins: { ann: 'pw' } });
    expect(plan({ envFrom })).toMatchObject({ kind: 'crashes' });
  });

  it('keeps its data on a claim only where its image has them', () => {
    const at = (mountPath: string): object => ({ env: LOGIN, volumeMounts: [{ name: 'data', mountPath }] });
    expect(plan(at('/opt/couchdb/data'), [DATA])).toMatchObject({ data: { claim: 'claim' } });
    expect(plan(at('/usr/local/var/lib/couchdb'), [DATA])).not.toHaveProperty('data');
    expect(plan(at('/usr/local/var/lib/couchdb'), [DATA], 'couchdb:1.7.2')).toMatchObject({ data: { claim: 'claim' } });
  });

  it('waits for what it lacks, in the words of Kubernetes', () => {
    expect(plan({}, [], 'redis:7')).toMatchObject({ reason: 'ErrImagePull' });
    expect(plan({}, [], 'couchdb:nosuch')).toMatchObject({ reason: 'ErrImagePull' });
    expect(plan({ command: ['sleep'] })).toMatchObject({ reason: 'RunContainerError' });
    expect(plan({ env: [{ name: 'A', ...ref('none') }] })).toMatchObject({
      reason: 'CreateContainerConfigError',
      message: "couldn't find key none in Secret default/login",
    });
    expect(plan({ env: [{ name: 'A', ...ref('user', 'none') }] })).toMatchObject({
      reason: 'CreateContainerConfigError',
      message: 'secret "none" not found',
    });
    expect(plan({ envFrom: [{ configMapRef: { name: 'map' } }] })).toMatchObject({
      reason: 'CreateContainerConfigError',
      message: 'configmap "map" not found',
    });
    expect(plan({}, [{ name: 'v', secret: { secretName: 'none' } }])).toMatchObject({ reason: 'ContainerCreating' });
  });

  it('crashes as CouchDB 3 does without an administrator, or where it cannot write one down', () => {
    expect(plan({})).toMatchObject({ kind: 'crashes' });
    expect(plan({}, [], 'couchdb:1.7.2')).toMatchObject({ kind: 'runs', admins: {} });
    const volumeMounts = [{ name: 'ini', mountPath: LOCAL }];
    expect(plan({ env: LOGIN, volumeMounts }, [INI])).toMatchObject({ kind: 'crashes' });
    expect(plan({ volumeMounts }, [INI])).toMatchObject({ kind: 'runs', admins: { own: 'x=y' } });
  });
});
