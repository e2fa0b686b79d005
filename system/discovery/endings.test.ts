import { once } from 'node:events';
import { createDiscoveryClient, type LinkState } from '@quartermaster/discovery-client';
import { eventually } from '@quartermaster/testing';
import {
  addressesOf,
  openSocket,
  registerPath,
  startDiscoverySystem,
  TOKEN,
  type DiscoverySystem,
  type DiscoveryWeb,
  type OpenSocket,
  type ShownNode,
} from '../harness/discovery';
import { startTcpRouter } from '../harness/tcp-router';

let system: DiscoverySystem;
let web: DiscoveryWeb;
let other: DiscoveryWeb;
/** Lets a client go that is silent for two of these. */
let hasty: DiscoveryWeb;
const PING_MS = 3000;
beforeAll(async () => {
  system = await startDiscoverySystem();
  web = await system.startWeb();
  other = await system.startWeb();
  // None of its leases runs out by itself while a test looks.
  hasty = await system.startWeb({ DISCOVERY_PING_INTERVAL: `${PING_MS}ms`, ETCD_TTL: '5m' });
});
afterAll(() => system.stop());

/** What a monitor has been told so far: `PUT 1`, a key event and how many nodes there were then. */
function storyOf({ messages }: OpenSocket): string[] {
  return messages.map(({ body }) => `${body.key_event ?? 'event'} ${body.services?.length ?? ''}`.trim());
}

async function nodesOf(service: string): Promise<string[]> {
  return addressesOf((await other.api<{ services: ShownNode[] }>(`/etcd/services/${service}`)).json().services);
}

describe('how a registration ends', () => {
  it('DELETE at once when the client closes; another port of the same address stays', async () => {
    const monitor = await openSocket(other.url, '/etcd/monitor?monitor=closes');
    const [first, second] = [
      await openSocket(web.url, registerPath('closes', 1)),
      await openSocket(web.url, registerPath('closes', 2)),
    ];
    await first.close();
    await eventually(() => expect(storyOf(monitor)).toEqual(['PUT 1', 'PUT 2', 'DELETE 1']));
    expect(await nodesOf('closes')).toEqual(['10.0.0.1:2']);
    await Promise.all([second.close(), monitor.close()]);
  });

  it('EXPIRE at once when the connection breaks', async () => {
    const monitor = await openSocket(other.url, '/etcd/monitor?monitor=breaks');
    const node = await openSocket(hasty.url, registerPath('breaks', 1));
    node.socket.terminate();
    await eventually(() => expect(storyOf(monitor)).toEqual(['PUT 1', 'EXPIRE 0']));
    await monitor.close();
  });

  it('EXPIRE when a client misses two pings, and not while it answers them', async () => {
    const monitor = await openSocket(other.url, '/etcd/monitor?monitor=silent');
    const node = await openSocket(hasty.url, registerPath('silent', 1));
    // A ping is told of once it has been answered.
    for (let answered = 0; answered < 4; answered += 1) await once(node.socket, 'ping');
    (node.socket as unknown as { pong: () => void }).pong = () => undefined;
    const since = performance.now();
    await eventually(() => expect(monitor.messages.length).toBeGreaterThanOrEqual(1));
    expect(storyOf(monitor).slice(0, 1)).toEqual(['PUT 1']);
    await eventually(() => expect(storyOf(monitor)).toEqual(['PUT 1', 'EXPIRE 0']));
    expect(performance.now() - since).toBeGreaterThan(PING_MS * 1.5);
    expect((await node.closed).code).toBe(1006);
    await monitor.close();
  });

  it('4001 when the same node registers anew elsewhere: the new one stays, nobody sees it gone', async () => {
    const monitor = await openSocket(other.url, '/etcd/monitor?monitor=anew');
    const first = await openSocket(web.url, registerPath('anew', 1));
    const second = await openSocket(other.url, registerPath('anew', 1));
    expect((await first.closed).code).toBe(4001);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await eventually(() => expect(storyOf(monitor)).toEqual(['PUT 1', 'PUT 1']));
    expect(await nodesOf('anew')).toEqual(['10.0.0.1:1']);
    await second.close();
    // Whatever came in between would be told before this.
    await eventually(() => expect(storyOf(monitor)).toEqual(['PUT 1', 'PUT 1', 'DELETE 0']));
    await monitor.close();
  });
});

describe('a web that ends', () => {
  it('killed, at product settings: its 100 nodes are EXPIRE within TTL + 2 s', async () => {
    const doomed = await system.startWeb({ ETCD_TTL: '15s' });
    const monitor = await openSocket(other.url, '/etcd/monitor?monitor=killed');
    const ports = Array.from({ length: 100 }, (_, i) => i + 1);
    const nodes = await Promise.all(ports.map((port) => openSocket(doomed.url, registerPath('killed', port))));
    await eventually(async () => expect(await nodesOf('killed')).toHaveLength(100));
    doomed.process.kill('SIGKILL');
    const killedAt = performance.now();
    await Promise.all(nodes.map(({ closed }) => closed));
    const knownAfter = performance.now() - killedAt;
    await eventually(() => expect(monitor.messages.at(-1)?.body.services).toEqual([]), 51_000);
    const gone = performance.now() - killedAt;
    process.stdout.write(
      `killed web: clients knew after ${Math.round(knownAfter)} ms, others after ${(gone / 1000).toFixed(1)} s (17)\n`,
    );
    const kinds = new Set(monitor.messages.slice(100).map(({ body }) => body.key_event));
    expect([...kinds]).toEqual(['EXPIRE']);
    expect(gone).toBeLessThan(17_000 * 3);
    await monitor.close();
  });

  it('stopped: 1012, clients go on at another web, and nobody sees a node gone or doubled', async () => {
    const ending = await system.startWeb({ ETCD_TTL: '30s' });
    const router = await startTcpRouter(ending.url);
    const monitor = await openSocket(other.url, '/etcd/monitor?monitor=deployed');
    const raw = await openSocket(router.url, '/etcd/monitor?monitor=deployed');
    const client = createDiscoveryClient({ url: router.url, token: TOKEN });
    const states: [LinkState, string][] = [];
    const ports = Array.from({ length: 20 }, (_, i) => i + 1);
    const links = ports.map((port) =>
      client.register({
        service: 'deployed',
        ip: '10.0.0.1',
        port,
        onMessage: () => undefined,
        onState: (state, reason) => states.push([state, reason]),
      }),
    );
    await eventually(() => expect(links.map((link) => link.state())).toEqual(ports.map(() => 'open')));
    await eventually(() => expect(monitor.messages).toHaveLength(20));

    router.pointTo(other.url);
    const stoppedAt = performance.now();
    expect(await ending.process.stop()).toBe(0);
    process.stdout.write(`stopped web with 21 sockets: ended after ${Math.round(performance.now() - stoppedAt)} ms\n`);
    expect((await raw.closed).code).toBe(1012);
    await eventually(() => expect(monitor.messages).toHaveLength(40));
    await eventually(() => expect(links.map((link) => link.state())).toEqual(ports.map(() => 'open')));
    expect(states.filter(([state]) => state === 'waiting').every(([, reason]) => reason.startsWith('1012'))).toBe(true);
    // Past the end of the leases that the stopped one held.
    await new Promise((resolve) => setTimeout(resolve, 32_000));
    expect(new Set(monitor.messages.map(({ body }) => body.key_event))).toEqual(new Set(['PUT']));
    expect(monitor.messages.slice(19).every(({ body }) => body.services?.length === 20)).toBe(true);
    expect(monitor.messages).toHaveLength(40);
    expect(await nodesOf('deployed')).toHaveLength(20);

    await client.close();
    await eventually(() => expect(monitor.messages.at(-1)?.body).toEqual({ key_event: 'DELETE', services: [] }));
    await monitor.close();
    router.stop();
  });

  it('WEB_CONCURRENCY=2: sockets of both processes hear of each other, and all get 1012', async () => {
    const cluster = await system.startWeb({ WEB_CONCURRENCY: '2' });
    const ports = Array.from({ length: 8 }, (_, i) => i + 1);
    const nodes = await Promise.all(ports.map((port) => openSocket(cluster.url, registerPath('cluster', port))));
    await eventually(() => {
      for (const { messages } of nodes) expect(messages.at(-1)?.body.services).toHaveLength(8);
    });
    expect(await cluster.process.stop()).toBe(0);
    expect(new Set((await Promise.all(nodes.map(({ closed }) => closed))).map(({ code }) => code))).toEqual(
      new Set([1012]),
    );
  });
});
