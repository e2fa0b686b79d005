import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { runCli, TEST_TOKEN, type Ran } from '../../testing/run-cli.js';
import { serviceCommands } from './services.js';

/** A server that has the sockets of a test, and what they asked for. */
let server: Server;
let doors: WebSocketServer;
let asked: IncomingMessage[];
let url: string;
let interruption: AbortController;
beforeEach(async () => {
  asked = [];
  interruption = new AbortController();
  server = createServer();
  doors = new WebSocketServer({ server });
  doors.on('headers', (_headers, request) => asked.push(request));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  interruption.abort(new Error('interrupted'));
  doors.close();
  server.closeAllConnections();
  server.close();
});

function start(...argv: readonly string[]): Promise<Ran> {
  return runCli(serviceCommands, argv, { url, signal: interruption.signal });
}

async function nextSocket(): Promise<WebSocket> {
  const [socket] = (await once(doors, 'connection')) as [WebSocket];
  return socket;
}

function message(namespace: string, event: string, ports: readonly number[], id: number): string {
  const services = ports.map((port) => ({ ip: '10.0.0.7', port }));
  return JSON.stringify({ namespace, body: { key_event: event, services }, id });
}

/** Refuses all upgrades from now on. */
function refuse(status: string, body: string, headers = ''): void {
  server.removeAllListeners('upgrade');
  server.on('upgrade', (_request, socket) => {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`);
  });
}

function errors(status: number, code: string, detail: string): string {
  return JSON.stringify({ errors: [{ status: String(status), code, title: 'No', detail }] });
}

/** A socket takes what was sent before it closes; Ctrl-C does not wait for that. */
async function untilRead(socket: WebSocket): Promise<void> {
  socket.ping();
  await once(socket, 'pong');
}

/** The times of what was printed are not the test's. */
const withoutTimes = (text: string): string => text.replace(/^\d\d:\d\d:\d\d {2}/gm, '');

describe('services watch', () => {
  it('prints a line for each event, who came and who went, until Ctrl-C', async () => {
    const opened = nextSocket();
    const running = start('services', 'watch', 'api,database');
    const socket = await opened;
    socket.send(message('api', 'PUT', [1], 7));
    socket.send(message('database', 'DELETE', [], 7));
    socket.send(message('api', 'PUT', [1, 2], 8));
    socket.send(message('api', 'PUT', [1, 2], 9));
    socket.send(message('api', 'EXPIRE', [2], 10));
    socket.send(JSON.stringify({ namespace: '*', body: { event_type: 'de\u001bploy\n', event_body: 'v2' }, id: 11 }));
    await untilRead(socket);
    interruption.abort(new Error('interrupted'));
    const { code, stdout, stderr } = await running;
    expect(code).toBe(0);
    expect(withoutTimes(stdout).split('\n')).toEqual([
      'api       now     10.0.0.7:1',
      'database  now     nobody',
      'api       PUT     +10.0.0.7:2  now 10.0.0.7:1, 10.0.0.7:2',
      'api       PUT     no change  now 10.0.0.7:1, 10.0.0.7:2',
      'api       EXPIRE  -10.0.0.7:1  now 10.0.0.7:2',
      'all       event   de ploy  "v2"',
      '',
    ]);
    expect(withoutTimes(stderr)).toBe(`Watching api, database at ${url}. Ctrl-C ends it.\n`);
    expect(asked[0]?.headers.authorization).toBe(`Bearer ${TEST_TOKEN}`);
    expect(asked[0]?.url).toBe('/etcd/monitor?monitor=api%2Cdatabase&since=0');
  });

  it('prints the messages as they are with --json, one a line', async () => {
    const opened = nextSocket();
    const running = start('services', 'watch', 'api', 'database', '--json');
    const socket = await opened;
    const sent = [message('api', 'PUT', [1], 7), message('api', 'DELETE', [], 8)];
    for (const one of sent) socket.send(one);
    await untilRead(socket);
    interruption.abort(new Error('interrupted'));
    expect((await running).stdout).toBe(`${sent.join('\n')}\n`);
  });

  it('goes on after a connection that broke, and says so once', async () => {
    const opened = nextSocket();
    const running = start('services', 'watch', 'api');
    const again = opened.then((socket) => {
      const next = nextSocket();
      socket.close(1012);
      return next;
    });
    const socket = await again;
    await untilRead(socket);
    interruption.abort(new Error('interrupted'));
    const { code, stderr } = await running;
    expect(code).toBe(0);
    expect(withoutTimes(stderr).split('\n').slice(1)).toEqual([
      'No connection: the server restarts. What is missed is told later. Trying again.',
      'Connected again.',
      '',
    ]);
  });

  it('ends when it is refused in a way that will stay so, also later', async () => {
    const opened = nextSocket();
    const running = start('services', 'watch', 'api');
    const socket = await opened;
    await untilRead(socket);
    refuse('403 Forbidden', errors(403, 'unknown-token', 'It matches no token.'));
    socket.close(1012);
    const { code, stderr } = await running;
    expect([code, stderr]).toEqual([1, expect.stringContaining('403 Forbidden (unknown-token)')]);
  });

  it.each([
    [403, 'Forbidden', 'unknown-token', 'Give the token of this server'],
    [400, 'Bad Request', 'invalid-query', 'Correct what is named above'],
    [503, 'Service Unavailable', 'etcd-unavailable', 'Try again in 7 s'],
  ])('ends with 1 when its first connection is refused: %s', async (status, text, errorCode, next) => {
    refuse(`${status} ${text}`, errors(status, errorCode, 'Not now.'), 'Retry-After: 7\r\nX-Request-Id: r-1\r\n');
    const { code, stdout, stderr } = await start('services', 'watch', 'api');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('Error: Not now.\n');
    expect(stderr).toContain(`GET ${url}/etcd/monitor?monitor=api → ${status} ${text} (${errorCode}), request r-1\n`);
    expect(stderr).toContain(next);
  });

  it('ends with 3 when nobody is there, or somebody else', async () => {
    refuse('502 Bad Gateway', '<html>');
    const other = await start('services', 'watch', 'api');
    expect([other.code, other.stderr]).toEqual([3, expect.stringContaining('502 Bad Gateway')]);
    server.close();
    const { code, stderr } = await start('services', 'watch', 'api');
    expect([code, stderr]).toEqual([3, expect.stringContaining(`Can not reach ${url}: connection refused.`)]);
  });
});

describe('register', () => {
  it('stays registered until Ctrl-C, and closes in order', async () => {
    const opened = nextSocket();
    const running = start('register', 'api', '2001:db8::7', '8080', '--monitor', 'a,b');
    const socket = await opened;
    await untilRead(socket);
    const closed = once(socket, 'close');
    interruption.abort(new Error('interrupted'));
    const { code, stderr } = await running;
    expect([code, (await closed)[0]]).toEqual([0, 1000]);
    expect(stderr).toMatch(/Registered api \[2001:db8::7\]:8080 .*\napi \[2001:db8::7\]:8080 is off\.\n$/);
    const { searchParams } = new URL(asked[0]?.url ?? '', url);
    const query = { service: 'api', ip: '2001:db8::7', port: '8080', monitor: 'a,b', since: '0' };
    expect(Object.fromEntries(searchParams)).toEqual(query);
  });

  it('ends with 1 where somebody else registers the same node', async () => {
    const opened = nextSocket();
    const running = start('register', 'api', '10.0.0.7', '8080');
    (await opened).close(4001, 'registered anew');
    const { code, stderr } = await running;
    expect([code, stderr]).toEqual([1, expect.stringContaining('was registered anew, by another program perhaps')]);
    expect(stderr).toContain('`quartermaster services api`');
    expect(asked).toHaveLength(1);
  });

  it('says so where the node could not be taken off', async () => {
    const opened = nextSocket();
    const running = start('register', 'api', '10.0.0.7', '8080');
    const socket = await opened;
    await untilRead(socket);
    refuse('503 Service Unavailable', errors(503, 'etcd-unavailable', 'No etcd.'));
    socket.terminate();
    await once(server, 'upgrade');
    interruption.abort(new Error('interrupted'));
    const { code, stderr } = await running;
    expect(code).toBe(0);
    expect(stderr).toContain('No connection: the connection was cut. Others may take the node for gone. Trying again.');
    expect(stderr).toContain('it is gone when its lease ends');
  });
});
