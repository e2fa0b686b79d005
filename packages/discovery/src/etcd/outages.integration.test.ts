import { eventually, startEtcd, startTcpProxy, type EtcdServer, type TcpProxy } from '@quartermaster/testing';
import { Etcd3 } from 'etcd3';
import type { Discovery, Registration, RegistrationStatus } from '../discovery.js';
import { formatAddress } from '../node.js';
import { assertOnceAndInOrder, observe, openDiscovery, type Observer } from './testing/observe.js';

const COUNT = 50;
const SERVICES = ['red', 'green', 'blue'] as const;
const TTL_MS = 10_000;

/** One etcd, a process that reaches it through a proxy and holds 50 registrations, and one that reaches it directly. */
let etcd: EtcdServer;
let proxy: TcpProxy;
let raw: Etcd3;
let far: Discovery;
let near: Discovery;
let observers: Observer[];
let registrations: Registration[];
let statuses: { at: number; index: number; status: RegistrationStatus }[];

const nodeOf = (index: number): { ip: string; port: number } => ({ ip: `10.1.0.${index % 5}`, port: 1000 + index });
const serviceOf = (index: number): string => SERVICES[index % SERVICES.length] ?? '';

beforeEach(async () => {
  etcd = await startEtcd();
  proxy = await startTcpProxy(etcd.port);
  raw = new Etcd3({ hosts: etcd.url });
  far = openDiscovery(`http://127.0.0.1:${proxy.port}`, { ttlMs: TTL_MS });
  near = openDiscovery(etcd.url, { ttlMs: TTL_MS });
  await eventually(() => expect([far.isCurrent(), near.isCurrent()]).toEqual([true, true]));
  observers = [observe(far, SERVICES), observe(near, SERVICES)];
  statuses = [];
  const startedAt = Date.now();
  registrations = await Promise.all(
    Array.from({ length: COUNT }, (_, index) =>
      far.register({
        service: serviceOf(index),
        node: nodeOf(index),
        onStatus: (status) => statuses.push({ at: Date.now(), index, status }),
      }),
    ),
  );
  console.log(`${COUNT} registrations at once: ${Date.now() - startedAt} ms`);
  await everyViewIsRight(COUNT);
});

afterEach(async () => {
  await Promise.all([far.stop(), near.stop()]);
  raw.close();
  await proxy.stop();
  await etcd.stop();
  for (const observer of observers) assertOnceAndInOrder(observer);
});

/** Waits until every reader's view is what etcd has, with so many nodes; returns how long that took. */
async function everyViewIsRight(count: number, limitMs = 60_000): Promise<number> {
  const startedAt = Date.now();
  await eventually(async () => {
    const lists = await Promise.all(SERVICES.map((service) => near.nodes(service)));
    expect(lists.flat()).toHaveLength(count);
    for (const [index, service] of SERVICES.entries()) {
      const expected = lists[index]?.map(formatAddress);
      for (const observer of observers) expect(observer.view(service)).toEqual(expected);
    }
  }, limitMs);
  return Date.now() - startedAt;
}

const allAre = (status: RegistrationStatus): void =>
  expect(registrations.filter((registration) => registration.status() === status)).toHaveLength(COUNT);

describe('etcd killed and started again', () => {
  it('changes nothing that is registered, and what follows is told once', async () => {
    const told = observers.map(({ messages }) => messages.length);
    await etcd.kill();
    // Longer than the lease: what we can not know, we do not claim.
    await eventually(() => allAre('lost'));
    await etcd.start();
    const startedAt = Date.now();
    await eventually(() => allAre('registered'));
    console.log(`etcd restarted: all ${COUNT} registered after ${Date.now() - startedAt} ms`);
    expect(observers.map(({ messages }) => messages.length)).toEqual(told);
    await near.register({ service: 'red', node: { ip: '10.2.0.1', port: 1 } });
    console.log(`etcd restarted: views right after ${await everyViewIsRight(COUNT + 1)} ms`);
    expect(observers.map(({ messages }) => messages.length)).toEqual(told.map((count) => count + 1));
  });
});

describe('etcd that has lost everything', () => {
  it('is told anew by those who hold registrations, and every reader gets a snapshot', async () => {
    await etcd.lose();
    await etcd.start();
    console.log(`etcd empty: views right after ${await everyViewIsRight(COUNT)} ms`);
    await eventually(() => allAre('registered'));
    // Its revisions began anew, so the readers' order did too.
    observers = [];
  });
});

describe('a process cut off from etcd', () => {
  /** Cuts, waits until the others have seen all leases run out, and meanwhile changes more. */
  async function cutAndChange(): Promise<void> {
    proxy.cut();
    const cutAt = Date.now();
    const firstExpiry = eventually(() => {
      const expiry = observers[1]?.lines().find((line) => line.startsWith('EXPIRE'));
      expect(expiry).toBeDefined();
      return Date.now();
    });
    const passing = await near.register({ service: 'red', node: { ip: '10.2.0.1', port: 1 } });
    await near.register({ service: 'green', node: { ip: '10.2.0.1', port: 2 } });
    await passing.leave();
    await eventually(() => allAre('lost'));
    const lastLost = Math.max(...statuses.filter(({ status }) => status === 'lost').map(({ at }) => at));
    const expired = await firstExpiry;
    console.log(`cut off: known here by ${lastLost - cutAt} ms, told to the others from ${expired - cutAt} ms`);
    expect(lastLost).toBeLessThanOrEqual(expired);
    await eventually(async () => expect(await near.nodes('blue')).toEqual([]));
    await eventually(async () => expect(await near.nodes('red')).toEqual([]));
  }

  it('knows it no later than the others do, gets what it missed as it was, and registers again', async () => {
    await cutAndChange();
    const before = observers[0]?.messages.length ?? 0;
    proxy.mend();
    console.log(`cut, mended: views right after ${await everyViewIsRight(COUNT + 1)} ms`);
    await eventually(() => allAre('registered'));
    const missed = observers[0]?.lines().slice(before) ?? [];
    expect(missed.filter((line) => line.includes('10.2.0.1:1')).length).toBeGreaterThan(0);
    // Both readers were told the very same.
    await eventually(() => expect(observers[0]?.messages).toEqual(observers[1]?.messages));
  });

  it('and meanwhile compacted: gets what differs', async () => {
    await cutAndChange();
    const { header } = await raw.kv.range({ key: Buffer.from('x') });
    await raw.kv.compact({ revision: header.revision, physical: true });
    proxy.mend();
    console.log(`cut, compacted, mended: views right after ${await everyViewIsRight(COUNT + 1)} ms`);
    await eventually(() => allAre('registered'));
    expect(observers[0]?.messages.length).toBeLessThan(observers[1]?.messages.length ?? 0);
  });

  it('for a moment only loses nothing', async () => {
    proxy.cut();
    await near.register({ service: 'red', node: { ip: '10.2.0.1', port: 1 } });
    await new Promise((resolve) => setTimeout(resolve, 500));
    proxy.mend();
    console.log(`short cut: views right after ${await everyViewIsRight(COUNT + 1)} ms`);
    await eventually(() => expect(observers[0]?.messages).toEqual(observers[1]?.messages));
  });
});

describe('a process that dies', () => {
  it('leaves nothing for longer than the TTL, and who registers elsewhere in time stays without a gap', async () => {
    const startedAt = Date.now();
    await far.stop();
    observers = observers.slice(1);
    const moved = await Promise.all(
      registrations.slice(0, 20).map((_, index) => near.register({ service: serviceOf(index), node: nodeOf(index) })),
    );
    await everyViewIsRight(20);
    console.log(`killed: the other ${COUNT - 20} gone after ${Date.now() - startedAt} ms, TTL ${TTL_MS} ms`);
    for (const index of moved.keys()) {
      const address = formatAddress(nodeOf(index));
      const kinds = observers[0]?.messages.filter(
        ({ namespace, body }) =>
          namespace === serviceOf(index) && 'services' in body && !body.services.map(formatAddress).includes(address),
      );
      // Not there only before it was registered the first time.
      expect(kinds?.every(({ id }) => id <= (observers[0]?.messages.at(COUNT - 1)?.id ?? 0))).toBe(true);
    }
  });
});
