import { eventually } from '@quartermaster/testing';
import { Etcd3 } from 'etcd3';
import {
  openSocket,
  registerPath,
  startDiscoverySystem,
  type DiscoverySystem,
  type DiscoveryWeb,
  type OpenSocket,
} from '../harness/discovery';

const MIB = 1024 * 1024;

let system: DiscoverySystem;
let web: DiscoveryWeb;
let other: DiscoveryWeb;
let etcd: Etcd3;
beforeAll(async () => {
  system = await startDiscoverySystem();
  [web, other] = await Promise.all([system.startWeb(), system.startWeb()]);
  etcd = new Etcd3({ hosts: system.etcd.url });
});
afterAll(async () => {
  etcd.close();
  await system.stop();
});

/** Stops reading, as a client that hangs: what is sent to it stays in the buffers in between. */
function stopReading({ socket }: OpenSocket): () => void {
  socket.pause();
  return () => socket.resume();
}

async function emit(body: object): Promise<void> {
  expect((await web.api('/etcd/event', { body })).status).toBe(200);
}

describe('since', () => {
  it('tells what was missed, each once and in order, at any web', async () => {
    const first = await openSocket(web.url, '/etcd/monitor?monitor=resumed&since=0');
    await eventually(() => expect(first.messages).toMatchObject([{ body: { key_event: 'DELETE', services: [] } }]));
    const node = await openSocket(web.url, registerPath('resumed', 1));
    await eventually(() => expect(first.messages).toHaveLength(2));
    const seen = first.messages.at(-1)?.id ?? 0;
    await first.close();

    await emit({ event_type: 'a', services: ['resumed'] });
    await emit({ event_type: 'elsewhere', services: ['another'] });
    const second = await openSocket(other.url, registerPath('resumed', 2));
    await node.close();
    await eventually(() => expect(second.messages.at(-1)?.body.key_event).toBe('DELETE'));
    await emit({ event_type: 'b', broadcast: true });
    const all = await openSocket(web.url, `/etcd/monitor?monitor=resumed&since=${seen}`);
    const again = await openSocket(other.url, `/etcd/monitor?monitor=resumed&since=${seen}`);
    await emit({ event_type: 'c', services: ['resumed', 'another'] });
    for (const { messages } of [all, again]) {
      await eventually(() => {
        expect(messages.map(({ body }) => body.event_type ?? body.key_event)).toEqual(['a', 'PUT', 'DELETE', 'b', 'c']);
      });
      const ids = messages.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
      expect(ids[0]).toBeGreaterThan(seen);
    }
    await Promise.all([second, all, again].map((one) => one.close()));
  });
});

describe('a slow reader', () => {
  it('gets the latest state instead of a backlog, and the others are not kept waiting', async () => {
    // 1000 nodes: each change is a message of some 40 kB.
    const nodes = Array.from({ length: 1000 }, (_, i) => `10.1.${i >> 8}.${i & 255}:8080`);
    await Promise.all(nodes.map((address) => etcd.put(`service/large/${address}`).value(address)));
    const quick = await openSocket(web.url, '/etcd/monitor?monitor=large&since=0');
    await eventually(() => expect(quick.messages.at(-1)?.body.services).toHaveLength(1000));
    const before = quick.messages.length;
    const slow = await openSocket(web.url, '/etcd/monitor?monitor=large&since=0');
    await eventually(() => expect(slow.messages).toHaveLength(1));
    const goOn = stopReading(slow);
    for (let change = 0; change < 600; change += 1) {
      const address = `10.2.0.${change % 200}:9090`;
      if (change % 400 < 200) await etcd.put(`service/large/${address}`).value(address);
      else await etcd.delete().key(`service/large/${address}`);
      // No faster than it is told: a web that has stood still would have a backlog for the quick one, too.
      if (change % 10 === 9) await eventually(() => expect(quick.messages.length).toBe(before + change + 1), 60_000, 5);
    }
    expect(quick.messages).toHaveLength(before + 600);
    goOn();
    await eventually(() => {
      const last = quick.messages.at(-1);
      expect(last?.body.services).toHaveLength(1200);
      expect(slow.messages.at(-1)).toMatchObject({ id: last?.id, body: { services: last?.body.services } });
    });
    process.stdout.write(`slow reader: ${slow.messages.length - 1} messages of 600\n`);
    expect(slow.messages.length).toBeLessThan(500);
    const ids = slow.messages.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    await Promise.all([quick.close(), slow.close()]);
  });

  it('is let go with 1013 above 4 MiB of what has no latest state, and its node stays for the TTL', async () => {
    const fleeting = await system.startWeb({ ETCD_TTL: '20s' });
    const quick = await openSocket(fleeting.url, '/etcd/monitor?monitor=flood');
    const slow = await openSocket(fleeting.url, registerPath('flood', 1));
    await eventually(() => expect(slow.messages).toHaveLength(1));
    const event_body = 'x'.repeat(200 * 1024);
    let emitted = 0;
    const isOver = (): boolean => slow.socket.readyState === slow.socket.CLOSED;
    // The system's buffers take some, too. Each time a little more, as who is let go has 3 s to read that it is.
    for (let flood = 22; flood * event_body.length < 20 * MIB && !isOver(); flood += 6) {
      const goOn = stopReading(slow);
      for (let sent = 0; sent < flood; sent += 1) {
        await emit({ event_type: 'flood', event_body, services: ['flood'] });
        emitted += 1;
        await eventually(() => expect(quick.messages).toHaveLength(1 + emitted), 60_000, 5);
      }
      goOn();
      await eventually(() => expect(isOver() || slow.messages.length === 1 + emitted).toBe(true));
    }
    expect((await slow.closed).code).toBe(1013);
    expect((await web.api<{ services: object[] }>('/etcd/services/flood')).json().services).toHaveLength(1);
    await eventually(() => expect(quick.messages.at(-1)?.body).toMatchObject({ key_event: 'EXPIRE' }), 60_000);
    await quick.close();
  });
});
