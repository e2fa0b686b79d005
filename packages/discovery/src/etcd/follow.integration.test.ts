import { createSilentLogger } from '@quartermaster/foundation';
import { eventually, startEtcd, type EtcdServer } from '@quartermaster/testing';
import { Etcd3, type IWatchResponse } from 'etcd3';
import type { Message } from '../message.js';
import { connectEtcd, type EtcdConnection } from './connect.js';
import { createFollower } from './follow.js';

let etcd: EtcdServer;
let raw: Etcd3;
beforeAll(async () => {
  etcd = await startEtcd();
  raw = new Etcd3({ hosts: etcd.url });
});
afterAll(async () => {
  raw.close();
  await etcd.stop();
});

/** A connection whose watch keeps changes to itself while `isDeaf` says so. */
function connectBadly(isDeaf: () => boolean): EtcdConnection {
  const connection = connectEtcd({ ETCD_HOSTS: [etcd.url], ETCD_TTL: 5000 }, createSilentLogger());
  const { watchClient } = connection.client();
  const open = watchClient.watch.bind(watchClient);
  watchClient.watch = async () => {
    const stream = await open();
    const on = stream.on.bind(stream) as (name: string, handler: (data: IWatchResponse) => void) => typeof stream;
    const onUnlessDeaf = (name: string, handler: (data: IWatchResponse) => void): typeof stream =>
      on(name, (data) => {
        if (name !== 'data' || data.events.length === 0 || !isDeaf()) handler(data);
      });
    stream.on = onUnlessDeaf as typeof stream.on;
    return stream;
  };
  return connection;
}

it('a comparison finds what the watch has not told, tells it once, and goes on', async () => {
  let isDeaf = false;
  const connection = connectBadly(() => isDeaf);
  const follower = createFollower({
    connection,
    log: createSilentLogger(),
    compareEveryMs: 500,
    observe: () => {},
    onReplaced: () => {},
    ownKeys: () => [],
  });
  const messages: Message[] = [];
  const reader = { send: (data: Buffer) => void messages.push(JSON.parse(data.toString())), unsentBytes: () => 0 };
  follower.subscribe({ services: ['api'] }, { ...reader, close: () => {} });
  const put = async (port: number): Promise<void> =>
    void (await raw.put(`service/api/10.0.0.1:${port}`).value(`10.0.0.1:${port}`));
  const ports = (): number[][] =>
    messages.map(({ body }) => ('services' in body ? body.services.map(({ port }) => port) : []));

  // The first listing is a snapshot to those who were there before it.
  await eventually(() => expect(ports()).toEqual([[]]));
  await eventually(() => expect(follower.isCurrent()).toBe(true));
  await put(1);
  await put(2);
  await eventually(() => expect(ports()).toEqual([[], [1], [1, 2]]));
  isDeaf = true;
  // At once: no comparison comes in between.
  const gone = raw.delete().key('service/api/10.0.0.1:1');
  const came = raw.put('service/api/10.0.0.1:3').value('10.0.0.1:3');
  await raw.if('service/api/10.0.0.1:3', 'Version', '==', 0).then(gone, came).commit();
  const startedAt = Date.now();
  await eventually(() => expect(ports().at(-1)).toEqual([2, 3]));
  console.log(`missed by the watch: told after ${Date.now() - startedAt} ms, compared every 500 ms`);
  isDeaf = false;
  await eventually(() => expect(follower.isCurrent()).toBe(true));
  await put(4);
  await eventually(() => expect(ports().at(-1)).toEqual([2, 3, 4]));
  const ids = messages.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
  // One message for what came and one for what went, of the same revision, and nothing of it again.
  expect(messages.slice(3).map(({ body }) => ('key_event' in body ? body.key_event : ''))).toEqual([
    'DELETE',
    'PUT',
    'PUT',
  ]);
  await follower.stop();
  connection.close();
});

it('a comparison that was under way when everything was listed anew tells nothing of what it has seen before', async () => {
  let isDeaf = false;
  const connection = connectBadly(() => isDeaf);
  const follower = createFollower({
    connection,
    log: createSilentLogger(),
    compareEveryMs: 3_600_000,
    observe: () => {},
    onReplaced: () => {},
    ownKeys: () => [],
  });
  const messages: Message[] = [];
  const reader = {
    send: (data: Buffer) => void messages.push(JSON.parse(data.toString())),
    unsentBytes: () => 0,
    close: () => {},
  };
  await eventually(() => expect(follower.isCurrent()).toBe(true));
  follower.subscribe({ services: ['late'] }, reader);
  // No two renewals of a connection within a second.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  // Ahead of us: that is what a comparison is made for at once.
  follower.subscribe({ services: ['none'], since: 1_000_000 }, { ...reader, send: () => {} });
  await new Promise((resolve) => setTimeout(resolve, 200));
  isDeaf = true;
  const { header } = await raw.put('service/late/10.0.0.1:1').value('10.0.0.1:1');
  await raw.put('elsewhere').value('x');
  await raw.kv.compact({ revision: String(Number(header.revision) + 1), physical: true });
  connection.renew(connection.client());
  await eventually(() => expect(messages).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(messages.map(({ body }) => ('key_event' in body ? body.key_event : ''))).toEqual(['PUT']);
  await follower.stop();
  connection.close();
});
