import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, startEtcd, startTcpProxy, type EtcdServer, type TcpProxy } from '@quartermaster/testing';
import { Etcd3 } from 'etcd3';
import type { Discovery } from '../discovery.js';
import { observe, openDiscovery, type Observer } from './testing/observe.js';

const LONG = { ttlMs: 60_000, compareEveryMs: 3_600_000 };
const NODE = { service: 'api', node: { ip: '10.0.0.1', port: 80 } };

let folder: string;
let etcd: EtcdServer;
let proxy: TcpProxy;
let web: Discovery;
let observer: Observer;
let statuses: string[];

/** A node registered before the backup of etcd and anew after it, another one only after it. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quartermaster-copy-'));
  // The last one of a flag counts.
  etcd = await startEtcd(['--data-dir', join(folder, 'data')]);
  const before = openDiscovery(etcd.url, LONG);
  await before.register(NODE);
  await before.stop();
  await etcd.kill();
  await cp(join(folder, 'data'), join(folder, 'copy'), { recursive: true });
  await etcd.start();

  proxy = await startTcpProxy(etcd.port);
  web = openDiscovery(`http://127.0.0.1:${proxy.port}`, LONG);
  await eventually(() => expect(web.isCurrent()).toBe(true));
  observer = observe(web, ['api', 'db'], 0);
  statuses = [];
  await web.register({ ...NODE, onStatus: (status) => statuses.push(status) });
  const ghost = openDiscovery(etcd.url, LONG);
  await ghost.register({ service: 'db', node: { ip: '10.0.0.9', port: 80 } });
  await ghost.stop();
  await eventually(() => expect(observer.view('db')).toEqual(['10.0.0.9:80']));
});
afterEach(async () => {
  await web.stop();
  await proxy.stop();
  await etcd.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Puts the copy in the place of etcd, `ahead` revisions ahead of what was told. */
async function restore(ahead: number): Promise<void> {
  const told = observer.messages.at(-1)?.id ?? 0;
  proxy.cut();
  await etcd.kill();
  await rm(join(folder, 'data'), { recursive: true });
  await cp(join(folder, 'copy'), join(folder, 'data'), { recursive: true });
  await etcd.start();
  const raw = new Etcd3({ hosts: etcd.url });
  let revision = 0;
  while (revision < told + ahead) revision = Number((await raw.put('elsewhere').value('x')).header.revision);
  raw.close();
  proxy.mend();
}

describe.each([
  ['has an older revision', -100],
  ['has passed the revision that was known', 20],
])('an etcd restored from a backup that %s', (_how, ahead) => {
  it('is noticed: every reader gets a snapshot, and who is registered here is to register anew', async () => {
    await restore(ahead);
    await eventually(() => expect(observer.view('db')).toEqual([]));
    expect(observer.view('api')).toEqual(['10.0.0.1:80']);
    await eventually(() => expect(statuses[0]).toBe('lost'));
    const again = await web.register(NODE);
    expect(again.status()).toBe('registered');
  });
});

it('an etcd that was only away is the same one', async () => {
  proxy.cut();
  const raw = new Etcd3({ hosts: etcd.url });
  await raw.put('service/db/10.0.0.8:80').value('10.0.0.8:80');
  raw.close();
  await etcd.kill();
  await etcd.start();
  proxy.mend();
  await eventually(() => expect(observer.view('db')).toEqual(['10.0.0.8:80', '10.0.0.9:80']));
  expect(statuses).toEqual([]);
});
