import { eventually, startEtcd, type EtcdServer } from '@quartermaster/testing';
import type { Discovery } from '../discovery.js';
import { observe, openDiscovery } from './testing/observe.js';
import { startSlowProxy, type SlowProxy } from './testing/slow-proxy.js';

const NODE = { service: 'api', node: { ip: '10.0.0.1', port: 80 } };

let etcd: EtcdServer;
let proxy: SlowProxy;
let slow: Discovery;
let quick: Discovery;
beforeEach(async () => {
  etcd = await startEtcd();
  proxy = await startSlowProxy(etcd.port);
  slow = openDiscovery(`http://127.0.0.1:${proxy.port}`, { ttlMs: 15_000 });
  quick = openDiscovery(etcd.url, { ttlMs: 15_000 });
  await eventually(() => expect([slow.isCurrent(), quick.isCurrent()]).toEqual([true, true]));
});
afterEach(async () => {
  await Promise.all([slow.stop(), quick.stop()]);
  await proxy.stop();
  await etcd.stop();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it('a registration that comes late does not take the node from one that was asked for after it', async () => {
  const early = await quick.register(NODE);
  proxy.hold();
  const late = slow.register(NODE).catch((error: unknown) => error);
  await pause(300);
  const newer = await quick.register(NODE);
  await eventually(() => expect(early.status()).toBe('replaced'));
  await pause(300);
  proxy.release();
  expect(await late).toMatchObject({ kind: 'unavailable', code: 'registered-meanwhile' });
  await pause(500);
  expect(newer.status()).toBe('registered');
  expect(await quick.nodes('api')).toEqual([NODE.node]);
});

it('and takes it from one that was there before it, or has left meanwhile', async () => {
  const seen = observe(slow, ['api'], 0);
  const early = await quick.register(NODE);
  await eventually(() => expect(seen.view('api')).toHaveLength(1));
  proxy.hold();
  const late = slow.register(NODE);
  await pause(500);
  proxy.release();
  expect((await late).status()).toBe('registered');
  await eventually(() => expect(early.status()).toBe('replaced'));
  proxy.hold();
  const again = slow.register({ ...NODE, service: 'other' });
  await (await quick.register({ ...NODE, service: 'other' })).leave();
  await pause(500);
  proxy.release();
  expect((await again).status()).toBe('registered');
});
