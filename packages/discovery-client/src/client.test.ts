import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { createDiscoveryClient, type DiscoveryClient } from './client';
import type { LinkState, Loss, Message } from './link';

/** A server that says what the test wants; what it was asked is noted. */
let server: Server;
let doors: WebSocketServer;
let client: DiscoveryClient;
let asked: IncomingMessage[];
let pingSeconds: string;
beforeEach(async () => {
  asked = [];
  pingSeconds = '20';
  server = createServer();
  doors = new WebSocketServer({ server });
  doors.on('headers', (headers, request) => {
    asked.push(request);
    headers.push(`X-Ping-Interval: ${pingSeconds}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  client = createDiscoveryClient({ url, token: 'a-token-0123456789' });
});
afterEach(async () => {
  await client.close();
  doors.close();
  server.closeAllConnections();
  server.close();
});

async function nextSocket(): Promise<WebSocket> {
  const [socket] = (await once(doors, 'connection')) as [WebSocket];
  return socket;
}

function put(namespace: string, id: number): string {
  return JSON.stringify({ namespace, body: { key_event: 'PUT', services: [] }, id });
}

function queryOf(index: number): Record<string, string> {
  return Object.fromEntries(new URL(asked[index]?.url ?? '', 'http://x').searchParams);
}

/** What the link has said, and a way to wait for a state. */
function noteStates(): {
  states: string[];
  onState: (state: LinkState, reason: string) => void;
  until(state: LinkState): Promise<void>;
} {
  const states: string[] = [];
  const waiting = new Map<LinkState, () => void>();
  return {
    states,
    onState: (state, reason) => {
      states.push(`${state} ${reason}`.trim());
      waiting.get(state)?.();
    },
    until: (state) => new Promise((resolve) => void waiting.set(state, resolve)),
  };
}

const NODE = { service: 'api', ip: '10.0.0.1', port: 80 };

describe('a link', () => {
  it('asks with its token, and begins with who is there', async () => {
    const opened = nextSocket();
    client.register({ ...NODE, monitor: ['a', 'b'], onMessage: () => undefined });
    await opened;
    expect(asked[0]?.headers.authorization).toBe('Bearer a-token-0123456789');
    expect(asked[0]?.url).toMatch(/^\/etcd\/register\?/);
    expect(queryOf(0)).toEqual({ service: 'api', ip: '10.0.0.1', port: '80', monitor: 'a,b', since: '0' });
  });

  it('goes on where it was cut off, and tells nothing twice', async () => {
    const told: string[] = [];
    const opened = nextSocket();
    client.monitor({ monitor: ['a', 'b'], onMessage: ({ namespace, id }: Message) => told.push(`${namespace} ${id}`) });
    const first = await opened;
    const second = nextSocket();
    first.send(put('a', 6));
    first.send(put('a', 7));
    // The other service of the same revision is cut off.
    first.close(1012);
    const again = await second;
    expect(queryOf(1)).toEqual({ monitor: 'a,b', since: '6' });
    for (const message of [put('a', 7), put('b', 7), put('a', 8)]) again.send(message);
    again.send(put('a', 3));
    again.close(1012);
    await nextSocket();
    expect(told).toEqual(['a 6', 'a 7', 'b 7', 'a 8', 'a 3']);
    expect(queryOf(2)).toMatchObject({ since: '2' });
  });

  it('tells everything of one id, also what is alike, and after a cut only what is new', async () => {
    const told: string[] = [];
    const noteBody = ({ namespace, body }: Message): void =>
      void told.push('event_type' in body ? body.event_type : `${namespace} ${body.services.length}`);
    const opened = nextSocket();
    client.monitor({ monitor: ['a', 'b'], onMessage: noteBody });
    const first = await opened;
    const event = JSON.stringify({ namespace: '*', body: { event_type: 'e', event_body: '' }, id: 7 });
    const grown = put('a', 7).replace('[]', '[{"ip":"10.0.0.1","port":80}]');
    const second = nextSocket();
    for (const message of [put('a', 7), event, event]) first.send(message);
    first.close(1012);
    const again = await second;
    for (const message of [put('a', 7), event, grown, put('b', 8)]) again.send(message);
    again.close(1012);
    await nextSocket();
    expect(told).toEqual(['a 0', 'e', 'e', 'a 1', 'b 0']);
  });

  it('waits longer and longer for a server that takes it in and lets it go', async () => {
    const openedAt: number[] = [];
    const random = jest.spyOn(Math, 'random').mockReturnValue(1);
    doors.on('connection', (socket) => socket.close(1013));
    client.monitor({ monitor: ['a'], onMessage: () => undefined });
    for (let count = 0; count < 3; count += 1) {
      await nextSocket();
      openedAt.push(performance.now());
    }
    random.mockRestore();
    const [first = 0, second = 0, third = 0] = openedAt;
    // Timers do not end early: at the first 500 ms, then twice that.
    expect([second - first > 490, third - second > 990]).toEqual([true, true]);
  });

  it('says why it waits, and tries again', async () => {
    const noted = noteStates();
    server.removeAllListeners('upgrade');
    server.once('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 9\r\n\r\nnot today');
      server.on('upgrade', (request, other, head) => {
        doors.handleUpgrade(request, other, head, (opened) => doors.emit('connection', opened, request));
      });
    });
    const open = noted.until('open');
    client.register({ ...NODE, onMessage: () => undefined, onState: noted.onState });
    await open;
    expect(noted.states).toEqual(['waiting 503 not today', 'open']);
  });

  it('gives up where it is told to, with the answer that refused it', async () => {
    const noted = noteStates();
    const losses: Loss[] = [];
    server.removeAllListeners('upgrade');
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nX-Request-Id: r1\r\nContent-Length: 2\r\n\r\nno');
    });
    const givenUp = noted.until('given-up');
    const mayRetry = (loss: Loss): boolean => losses.push(loss) < 2;
    const link = client.monitor({ monitor: ['a'], onMessage: () => undefined, onState: noted.onState, mayRetry });
    await givenUp;
    await link.close();
    expect(noted.states).toEqual(['waiting 403 no', 'given-up 403 no']);
    expect(link.state()).toBe('given-up');
    expect(losses[1]).toEqual({
      reason: '403 no',
      refusal: {
        status: 403,
        statusText: 'Forbidden',
        headers: expect.objectContaining({ 'x-request-id': 'r1' }),
        body: 'no',
      },
    });
  });

  it('asks whether to try again with the error of a connection that came to nothing, and the code of one that was open', async () => {
    const losses: Loss[] = [];
    const opened = nextSocket();
    const over = new Promise<void>((resolve) => {
      const mayRetry = (loss: Loss): boolean => {
        losses.push(loss);
        if (losses.length === 2) resolve();
        return losses.length < 2;
      };
      client.monitor({ monitor: ['a'], onMessage: () => undefined, mayRetry });
    });
    const socket = await opened;
    server.close();
    socket.close(1012, 'restart');
    await over;
    expect(losses).toEqual([
      { reason: '1012 restart', closeCode: 1012 },
      { reason: expect.stringContaining('ECONNREFUSED'), error: expect.objectContaining({ code: 'ECONNREFUSED' }) },
    ]);
  });

  it('takes a server for dead that sends no pings, and connects again', async () => {
    // It is patient for 4.5 s.
    pingSeconds = '2';
    const noted = noteStates();
    const opened = nextSocket();
    const waiting = noted.until('waiting');
    client.monitor({ monitor: ['a'], onMessage: () => undefined, onState: noted.onState });
    const socket = await opened;
    const pings = setInterval(() => socket.ping(), 50);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(noted.states).toEqual(['open']);
    clearInterval(pings);
    const again = nextSocket();
    await waiting;
    expect(noted.states).toEqual(['open', 'waiting no sign of life']);
    await again;
  });

  it('gives up for good when its node is registered elsewhere', async () => {
    const noted = noteStates();
    const opened = nextSocket();
    const replaced = noted.until('replaced');
    const link = client.register({ ...NODE, onMessage: () => undefined, onState: noted.onState });
    (await opened).close(4001, 'elsewhere');
    await replaced;
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect([link.state(), asked.length]).toEqual(['replaced', 1]);
  });

  it('closes with 1000, and never comes back', async () => {
    const opened = nextSocket();
    const link = client.register({ ...NODE, onMessage: () => undefined });
    const closed = once(await opened, 'close');
    await client.close();
    expect((await closed)[0]).toBe(1000);
    expect(link.state()).toBe('closed');
  });
});
