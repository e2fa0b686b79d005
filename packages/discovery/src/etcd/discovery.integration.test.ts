import { eventually, findFreePort, quickest, startEtcd, startTcpProxy, type EtcdServer } from '@quartermaster/testing';
import { Etcd3 } from 'etcd3';
import type { Discovery, RegistrationStatus } from '../discovery.js';
import { createSilentLogger } from '@quartermaster/foundation';
import { createEtcdDiscovery } from './discovery.js';
import { assertOnceAndInOrder, observe, openDiscovery, type Observer } from './testing/observe.js';

const node = (port: number, ip = '10.0.0.1'): { ip: string; port: number } => ({ ip, port });
const nobody = { event_body: '', services: [], broadcast: false };

let etcd: EtcdServer;
let raw: Etcd3;
let a: Discovery;
let b: Discovery;
let observers: Observer[] = [];

const watchFrom = (discovery: Discovery, services: string[], since?: number): Observer => {
  const observer = observe(discovery, services, since);
  observers.push(observer);
  return observer;
};

beforeAll(async () => {
  etcd = await startEtcd();
  raw = new Etcd3({ hosts: etcd.url });
  a = openDiscovery(etcd.url);
  b = openDiscovery(etcd.url);
  await eventually(() => expect([a.isCurrent(), b.isCurrent()]).toEqual([true, true]));
});
afterEach(() => {
  for (const observer of observers) {
    assertOnceAndInOrder(observer);
    observer.end();
  }
  observers = [];
});
afterAll(async () => {
  await a.stop();
  await b.stop();
  raw.close();
  await etcd.stop();
});

describe('a registration', () => {
  it('is seen by every process, stands in etcd as agreed, and a leave is told as DELETE', async () => {
    const observer = watchFrom(b, ['engine']);
    const registration = await a.register({ service: 'engine', node: node(80) });
    expect(await raw.get('service/engine/10.0.0.1:80').string()).toBe('10.0.0.1:80');
    expect(await b.services()).toEqual(['engine']);
    expect(await b.nodes('engine')).toEqual([node(80)]);
    await eventually(() => expect(observer.lines()).toEqual(['PUT engine 10.0.0.1:80']));
    await registration.leave();
    await eventually(() => expect(observer.lines()).toEqual(['PUT engine 10.0.0.1:80', 'DELETE engine']));
    expect(await b.services()).toEqual([]);
    expect(registration.status()).toBe('ended');
  });

  it('that ends without a leave is told as EXPIRE: at once when given up, after the TTL when abandoned', async () => {
    const observer = watchFrom(b, ['engine']);
    const dead = await a.register({ service: 'engine', node: node(81) });
    const brief = openDiscovery(etcd.url, { ttlMs: 3000 });
    const abandoned = await brief.register({ service: 'engine', node: node(82) });
    await dead.expire();
    await eventually(() => expect(observer.lines().at(-1)).toBe('EXPIRE engine 10.0.0.1:82'));
    const startedAt = Date.now();
    abandoned.abandon();
    await eventually(() => expect(observer.lines().at(-1)).toBe('EXPIRE engine'));
    console.log(`a lease of 3 s that nobody renews: gone after ${Date.now() - startedAt} ms`);
    await brief.stop();
  });

  it('is one of several on one address, and of services whose names begin alike', async () => {
    const observer = watchFrom(b, ['api']);
    const ends = await Promise.all([
      a.register({ service: 'api', node: node(1) }),
      a.register({ service: 'api', node: node(2) }),
      a.register({ service: 'api-v2', node: node(3) }),
      a.register({ service: 'api', node: node(4, '2001:db8::1') }),
    ]);
    await eventually(() => expect(observer.view('api')).toEqual(['10.0.0.1:1', '10.0.0.1:2', '[2001:db8::1]:4']));
    expect(await b.nodes('api')).toHaveLength(3);
    expect(observer.messages.every(({ namespace }) => namespace === 'api')).toBe(true);
    await Promise.all(ends.map((registration) => registration.leave()));
    await eventually(() => expect(observer.view('api')).toEqual([]));
  });

  it('made anew elsewhere is no duplicate, and the end of the older one does not end it', async () => {
    const observer = watchFrom(b, ['engine']);
    const changes: RegistrationStatus[] = [];
    const register = (discovery: Discovery): ReturnType<Discovery['register']> =>
      discovery.register({ service: 'engine', node: node(90), onStatus: (status) => changes.push(status) });
    const [one, two] = [openDiscovery(etcd.url, { ttlMs: 3000 }), openDiscovery(etcd.url, { ttlMs: 3000 })];
    const older = await register(one);
    const newer = await register(two);
    await eventually(() => expect(older.status()).toBe('replaced'));
    const third = await register(a);
    await eventually(() => expect(newer.status()).toBe('replaced'));
    await Promise.all([older.leave(), older.expire(), newer.expire(), newer.leave()]);
    expect(await a.nodes('engine')).toEqual([node(90)]);
    expect(changes).toEqual(['replaced', 'replaced']);
    // Longer than the older ones' leases.
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect(observer.view('engine')).toEqual(['10.0.0.1:90']);
    expect(third.status()).toBe('registered');
    await third.leave();
    await Promise.all([one.stop(), two.stop()]);
    await eventually(() => expect(observer.lines().at(-1)).toBe('DELETE engine'));
  });

  it('whose key or lease somebody takes away is made anew', async () => {
    const observer = watchFrom(b, ['engine']);
    const changes: string[] = [];
    const registration = await a.register({
      service: 'engine',
      node: node(91),
      onStatus: (status, reason) => changes.push(`${status}: ${reason}`),
    });
    await raw.delete().key('service/engine/10.0.0.1:91');
    await eventually(() => expect(changes).toEqual(['lost: its key has gone', 'registered: registered again']));
    const [kv] = (await raw.kv.range({ key: Buffer.from('service/engine/10.0.0.1:91') })).kvs;
    await raw.leaseClient.leaseRevoke({ ID: kv?.lease ?? '' });
    await eventually(() => expect(changes).toHaveLength(4));
    const told = ['PUT engine 10.0.0.1:91', 'EXPIRE engine'];
    await eventually(() => expect(observer.lines()).toEqual([...told, ...told, 'PUT engine 10.0.0.1:91']));
    await registration.leave();
  });
});

describe("Hound Dog's keys", () => {
  it('are read, in their shorter form too; what has another form is passed over', async () => {
    const observer = watchFrom(a, ['legacy']);
    await raw.put('service/legacy/10.0.0.7').value('10.0.0.7:3000');
    await raw.put('service/legacy/10.0.0.8').value('10.0.0.9:3000');
    await raw.put('service/legacy/nonsense').value('nonsense');
    await raw.put('service/legacy').value('10.0.0.7:1');
    expect(await a.nodes('legacy')).toEqual([node(3000, '10.0.0.7')]);
    expect(await a.services()).toEqual(['legacy']);
    await raw.delete().prefix('service/');
    await eventually(() => expect(observer.lines()).toEqual(['PUT legacy 10.0.0.7:3000', 'EXPIRE legacy']));
  });
});

describe('custom events', () => {
  it('go once to those who follow one of the services; a broadcast goes to all', async () => {
    const both = watchFrom(a, ['x', 'y']);
    const one = watchFrom(b, ['y']);
    const none = watchFrom(b, ['z']);
    const first = await b.emit({ ...nobody, event_type: 'deploy', event_body: '{"v":2}', services: ['x', 'y'] });
    const second = await a.emit({ ...nobody, event_type: 'stop', broadcast: true });
    const body = { event_type: 'deploy', event_body: '{"v":2}' };
    const all = { namespace: '*', body: { event_type: 'stop', event_body: '' }, id: second };
    await eventually(() => expect(both.messages).toEqual([{ namespace: 'x', body, id: first }, all]));
    await eventually(() => expect(one.messages).toEqual([{ namespace: 'y', body, id: first }, all]));
    await eventually(() => expect(none.messages).toEqual([all]));
    const [kv] = await raw
      .getAll()
      .prefix('event/')
      .exec()
      .then(({ kvs }) => kvs);
    expect(await raw.leaseClient.leaseTimeToLive({ ID: kv?.lease ?? '' })).toMatchObject({ grantedTTL: '60' });
  });
});

describe('since', () => {
  it('gives what was missed; from before this process began, a snapshot', async () => {
    const first = await a.register({ service: 'since', node: node(1) });
    const seen = watchFrom(a, ['since'], 0);
    await eventually(() => expect(seen.view('since')).toEqual(['10.0.0.1:1']));
    const last = seen.messages.at(-1)?.id ?? 0;
    const second = await a.register({ service: 'since', node: node(2) });
    await first.leave();
    await eventually(() => expect(seen.lines().at(-1)).toBe('DELETE since 10.0.0.1:2'));
    const missed = seen.messages.filter(({ id }) => id > last);
    expect(missed).toHaveLength(2);
    expect(watchFrom(a, ['since'], last).messages).toEqual(missed);
    const fresh = openDiscovery(etcd.url);
    await eventually(() => expect(fresh.isCurrent()).toBe(true));
    expect(watchFrom(fresh, ['since', 'nobody'], last).lines()).toEqual(['PUT since 10.0.0.1:2', 'DELETE nobody']);
    // Of another etcd, one that had told much more.
    const ahead = watchFrom(fresh, ['since'], 1_000_000);
    expect(ahead.messages).toEqual([]);
    await eventually(() => expect(ahead.lines()).toEqual(['PUT since 10.0.0.1:2']));
    await second.leave();
    await fresh.stop();
  });
});

describe('etcd itself', () => {
  it('names its leader and the member asked, as strings', async () => {
    const { leader, member_id } = await a.leader();
    expect([leader, member_id]).toEqual([expect.stringMatching(/^\d{10,}$/), leader]);
  });

  it('out of reach at the start: every call fails within 3 s, and all goes well once it comes', async () => {
    const other = await startEtcd();
    await other.kill();
    const early = openDiscovery(other.url);
    const observer = watchFrom(early, ['early']);
    const event = { ...nobody, event_type: 't', broadcast: true };
    const calls = [
      () => early.services(),
      () => early.nodes('early'),
      () => early.leader(),
      () => early.emit(event),
      () => early.register({ service: 'early', node: node(1) }),
    ];
    const times = await Promise.all(
      calls.map((call) =>
        quickest(3000, () => expect(call()).rejects.toMatchObject({ kind: 'unavailable', code: 'etcd-unavailable' })),
      ),
    );
    console.log(`etcd down: calls fail after ${times.join(', ')} ms`);
    expect(Math.max(...times)).toBeLessThan(3000);
    await other.start();
    const startedAt = Date.now();
    await eventually(() => expect(early.isCurrent()).toBe(true));
    console.log(`etcd came: current after ${Date.now() - startedAt} ms`);
    await early.register({ service: 'early', node: node(1) });
    await eventually(() => expect(observer.view('early')).toEqual(['10.0.0.1:1']));
    await early.stop();
    await other.stop();
  });

  it('hung: every call fails within 3 s', async () => {
    const fails = (): Promise<void> => expect(a.services()).rejects.toMatchObject({ code: 'etcd-unavailable' });
    etcd.process().kill('SIGSTOP');
    try {
      // Its threads stop one after the other, and may answer a call meanwhile.
      await eventually(fails);
      const took = await quickest(3000, fails);
      console.log(`etcd hung: a call fails after ${took} ms`);
      expect(took).toBeLessThan(3000);
    } finally {
      etcd.process().kill('SIGCONT');
    }
    await eventually(async () => expect(await a.services()).not.toContain('engine'));
  });

  it('of which one member is dead and one deaf answers all the same', async () => {
    const deaf = await startTcpProxy(etcd.port);
    deaf.cut();
    const hosts = [`127.0.0.1:${deaf.port}`, `127.0.0.1:${await findFreePort()}`, `127.0.0.1:${etcd.port}`];
    const several = createEtcdDiscovery({ config: { ETCD_HOSTS: hosts, ETCD_TTL: 60_000 }, log: createSilentLogger() });
    const startedAt = Date.now();
    await eventually(() => expect(several.isCurrent()).toBe(true));
    console.log(`a dead and a deaf member of three: current after ${Date.now() - startedAt} ms`);
    const registration = await several.register({ service: 'several', node: node(1) });
    for (let count = 0; count < 20; count += 1) expect(await several.nodes('several')).toEqual([node(1)]);
    await registration.leave();
    await several.stop();
    await deaf.stop();
  });

  it('with users and passwords lets us in with ours only', async () => {
    const other = await startEtcd();
    const admin = new Etcd3({ hosts: other.url });
    const rootRole = await admin.role('root').create();
    const root = await admin.user('root').create('root-password');
    await root.addRole(rootRole);
    const role = await admin.role('qm').create();
    await role.grant({ permission: 'Readwrite', range: admin.range({ start: 'event/', end: 'service0' }) });
    await (await admin.user('qm').create('qm-password')).addRole(role);
    await admin.auth.authEnable();
    const open = (ETCD_PASSWORD: string): Discovery =>
      createEtcdDiscovery({
        config: { ETCD_HOSTS: [other.url], ETCD_TTL: 60_000, ETCD_USERNAME: 'qm', ETCD_PASSWORD },
        log: createSilentLogger(),
      });
    const [right, wrong] = [open('qm-password'), open('wrong-password')];
    const observer = watchFrom(right, ['engine']);
    await eventually(() => expect(right.isCurrent()).toBe(true));
    const registration = await right.register({ service: 'engine', node: node(80) });
    await eventually(() => expect(observer.view('engine')).toEqual(['10.0.0.1:80']));
    await registration.leave();
    await eventually(() => expect(observer.lines().at(-1)).toBe('DELETE engine'));
    await expect(wrong.services()).rejects.toMatchObject({ kind: 'unavailable', code: 'etcd-refused' });
    await right.stop();
    await wrong.stop();
    admin.close();
    await other.stop();
  });
});
