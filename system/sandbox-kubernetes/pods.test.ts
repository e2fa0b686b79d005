import { eventually } from '@quartermaster/testing';
import { existsSync } from 'node:fs';
import { base64, couch, isAlive, makeSecret, pathOf, PODS, startCluster, template, type Cluster } from './cluster';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});
beforeEach(async () => {
  await cluster.api('POST', '/_sandbox/reset');
  await makeSecret(cluster);
});
afterAll(() => cluster.process.stop());

const selector = { matchLabels: { app: 'couch' } };
const deploy = (replicas: number, pod = template()): Promise<void> =>
  cluster.create('Deployment', 'web', { replicas, selector, template: pod });
const claimTemplate = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

async function frontAddress(): Promise<string> {
  await cluster.create('Service', 'front', {
    selector: { front: 'yes' },
    ports: [{ port: 5984, targetPort: 'couchdb' }],
  });
  const { spec } = await cluster.api<{ spec: { clusterIP: string } }>('GET', pathOf('Service', 'front'));
  return spec.clusterIP;
}

it('a node answers its welcome to everybody, and all else to its administrators only', async () => {
  await deploy(1);
  const [{ ip } = { ip: '' }] = await cluster.ready(1);
  expect(ip).toMatch(/^127\./);
  expect((await couch(ip, 'GET', '/', '')).body).toMatchObject({ couchdb: 'Welcome', version: '3.3.3' });
  expect((await couch(ip, 'GET', '/_up', '')).body).toEqual({ status: 'ok' });
  for (const login of ['', 'ann:wrong', 'nobody:pw']) {
    expect((await couch(ip, 'PUT', '/db', login)).status).toBe(401);
  }
  expect((await couch(ip, 'PUT', '/db', 'own:secret')).status).toBe(201);
  expect((await couch(ip, 'GET', '/db', 'ann:pw')).body).toMatchObject({ db_name: 'db' });
});

it('a document is kept as it was sent, whatever its type is said to be', async () => {
  await deploy(1);
  const [{ ip } = { ip: '' }] = await cluster.ready(1);
  await couch(ip, 'PUT', '/db');
  const url = `http://${ip}:5984/db`;
  const headers = { authorization: `Basic ${base64('ann:pw')}`, 'content-type': 'application/x-www-form-urlencoded' };
  const body = '{"a":1}';
  expect((await fetch(`${url}/doc`, { method: 'PUT', headers, body })).status).toBe(201);
  expect((await couch(ip, 'GET', '/db/doc')).body).toMatchObject({ a: 1 });
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(415);
  expect(
    (await fetch(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body })).ok,
  ).toBe(true);
});

it('a killed process is started anew at the same address; without a claim its data are lost', async () => {
  await deploy(1);
  const [before] = await cluster.ready(1);
  const { ip = '', name = '', pid = 0 } = before ?? {};
  await couch(ip, 'PUT', '/db');
  expect(await cluster.control(`pods/${name}/kill`)).toBe(200);
  const after = await eventually(async () => {
    const [pod] = await cluster.pods();
    expect(pod).toMatchObject({ name, ip, ready: true, restarts: 1 });
    return pod;
  });
  expect(after?.pid).not.toBe(pid);
  expect((await couch(ip, 'GET', '/db')).status).toBe(404);
  expect(await cluster.control('pods/nobody/kill')).toBe(404);
});

it('a StatefulSet gives each pod a folder that outlives it, and keeps the claims of those that go', async () => {
  const spec = {
    replicas: 2,
    serviceName: 'nodes',
    selector,
    podManagementPolicy: 'Parallel',
    template: template({ volumes: [] }),
  };
  await cluster.create('StatefulSet', 'set', { ...spec, volumeClaimTemplates: [claimTemplate] });
  const [zero, one] = await cluster.ready(2);
  expect([zero?.name, one?.name]).toEqual(['set-0', 'set-1']);
  await couch(zero?.ip ?? '', 'PUT', '/db');
  await couch(zero?.ip ?? '', 'PUT', '/db/doc');
  await cluster.api('DELETE', `${PODS}/set-0?gracePeriodSeconds=0`);
  const anew = await eventually(async () => {
    const [pod] = await cluster.ready(2);
    expect(pod?.ip).not.toBe(zero?.ip);
    return pod;
  });
  expect((await couch(anew?.ip ?? '', 'GET', '/db/doc')).status).toBe(200);

  await cluster.api('PATCH', pathOf('StatefulSet', 'set'), { spec: { replicas: 1 } });
  expect((await eventually(() => cluster.ready(1), 60_000)).map(({ name }) => name)).toEqual(['set-0']);
  expect(existsSync(one?.folder ?? '')).toBe(true);
  await cluster.api('DELETE', pathOf('PersistentVolumeClaim', 'data-set-1'));
  await eventually(() => expect(existsSync(one?.folder ?? '')).toBe(false));
  await cluster.api('DELETE', pathOf('PersistentVolumeClaim', 'data-set-0'));
  expect(existsSync(anew?.folder ?? '')).toBe(true);
  await cluster.api('DELETE', pathOf('StatefulSet', 'set'));
  await eventually(() => expect(existsSync(anew?.folder ?? '')).toBe(false));
});

it('a Deployment gives up the pod whose deletion costs least', async () => {
  await deploy(3);
  const pods = await cluster.ready(3);
  const cheap = pods[1]?.name ?? '';
  const annotations = { 'controller.kubernetes.io/pod-deletion-cost': '-5' };
  await cluster.api('PATCH', `${PODS}/${cheap}`, { metadata: { annotations } });
  await cluster.api('PATCH', pathOf('Deployment', 'web'), { spec: { replicas: 2 } });
  const left = (await cluster.ready(2)).map(({ name }) => name);
  expect(left).toEqual(pods.map(({ name }) => name).filter((name) => name !== cheap));
});

it('a ReplicationController replaces a pod that no longer matches, and leaves that one alone', async () => {
  await cluster.create('ReplicationController', 'rc', {
    replicas: 1,
    selector: { app: 'couch' },
    template: template(),
  });
  const [first] = await cluster.ready(1);
  await cluster.api('PATCH', `${PODS}/${first?.name}`, { metadata: { labels: { app: 'else' } } });
  await cluster.ready(2);
  await cluster.api('DELETE', `${pathOf('ReplicationController', 'rc')}?propagationPolicy=Background`);
  expect((await eventually(() => cluster.ready(1))).map(({ name }) => name)).toEqual([first?.name]);
});

it('a Service hands connections to ready pods that match, and refuses where there are none', async () => {
  const front = await frontAddress();
  await expect(couch(front, 'GET', '/')).rejects.toThrow('fetch failed');
  await deploy(2);
  const [one, two] = await cluster.ready(2);
  await couch(one?.ip ?? '', 'PUT', '/only-one');
  const seen = new Set<number>();
  await eventually(async () => {
    seen.add((await couch(front, 'GET', '/only-one')).status);
    expect(seen.size).toBe(2);
  });
  await cluster.api('PATCH', `${PODS}/${one?.name}`, { metadata: { labels: { front: 'no' } } });
  for (let times = 0; times < 10; times += 1) expect((await couch(front, 'GET', '/only-one')).status).toBe(404);
  expect(await cluster.control(`pods/${two?.name}/freeze`)).toBe(200);
  await eventually(() => expect(couch(front, 'GET', '/', 'ann:pw', 2000)).rejects.toThrow('fetch failed'), 90_000);
  expect(await cluster.control(`pods/${two?.name}/thaw`)).toBe(200);
  await eventually(async () => expect((await couch(front, 'GET', '/')).status).toBe(200));
});

it('what a container cannot do here is said in its status', async () => {
  await deploy(1, template({ image: 'nginx:1' }));
  await eventually(async () => expect(await cluster.waitingFor()).toMatch(/^(ErrImagePull|ImagePullBackOff)$/));
  await cluster.api('DELETE', pathOf('Deployment', 'web'));
  await cluster.ready(0);
  await deploy(1, template({ secret: 'missing' }));
  await eventually(async () => expect(await cluster.waitingFor()).toBe('CreateContainerConfigError'));
  await cluster.api('DELETE', pathOf('Deployment', 'web'));
  await cluster.ready(0);
  await deploy(1, template({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'none' } }] }));
  await eventually(async () => {
    const { items } = await cluster.api<{ items: object[] }>('GET', PODS);
    expect(items[0]).toMatchObject({ status: { phase: 'Pending', conditions: [{ reason: 'Unschedulable' }] } });
  });
});

it('a pod with a wrong readiness path runs and is never ready', async () => {
  await deploy(1, template({ path: '/no/such/path' }));
  const [pod] = await eventually(async () => {
    const found = await cluster.pods();
    expect((await couch(found[0]?.ip ?? '', 'GET', '/')).status).toBe(200);
    return found;
  });
  expect(pod?.ready).toBe(false);
});

it('a CouchDB 3 without an administrator crashes again and again', async () => {
  await cluster.api('PATCH', '/api/v1/namespaces/default/secrets/login', {
    data: { user: '', password: base64(''), 'own.ini': base64('; nothing') },
  });
  await deploy(1);
  await eventually(async () => {
    expect(await cluster.waitingFor()).toBe('CrashLoopBackOff');
    expect((await cluster.pods())[0]?.restarts).toBeGreaterThan(1);
  });
});

it('a template that changes brings new pods in the place of the old ones', async () => {
  await deploy(2);
  const before = await cluster.ready(2);
  await cluster.api('PATCH', pathOf('Deployment', 'web'), {
    spec: { template: { metadata: { labels: { front: 'later' } } } },
  });
  await eventually(async () => {
    const names = (await cluster.ready(2)).map(({ name }) => name);
    expect(names.filter((name) => before.some((pod) => pod.name === name))).toEqual([]);
  });
});

it('nothing is left when the sandbox ends, however it ends', async () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const other = await startCluster();
    await makeSecret(other);
    await other.create('Deployment', 'web', { replicas: 2, selector, template: template() });
    const pids = (await other.ready(2)).map(({ pid }) => pid);
    expect(pids.map(isAlive)).toEqual([true, true]);
    other.process.kill(signal);
    await other.process.ended;
    await eventually(() => expect(pids.map(isAlive)).toEqual([false, false]));
  }
});
