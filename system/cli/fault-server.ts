import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';

/** What a server does instead of what it was asked for. */
export type Fault =
  'wrong-token' | 'not-found' | 'unavailable' | 'cut-before' | 'cut-within' | 'router-502' | 'router-page' | 'no-json';

export interface FaultServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Answers as Quartermaster writes them: JSON:API's errors, and kanto's of `/v0`. */
const REFUSALS = {
  'wrong-token': [403, 'Forbidden', 'unknown-token', 'The Authorization header matches no token.'],
  'not-found': [404, 'Not Found', 'unknown-thing', 'There is no such thing.'],
  unavailable: [503, 'Service Unavailable', 'redis-unavailable', 'Redis can not be reached.'],
} as const;

const HTML = '<!DOCTYPE html>\n<html><body><h1>Bad gateway</h1></body></html>\n';

/** Every request, a WebSocket’s upgrade included, meets the fault. */
export async function startFaultServer(fault: Fault): Promise<FaultServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    let received = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      received += part;
      if (!isWhole(received)) return;
      const line = received.slice(0, received.indexOf('\r\n'));
      const isUpgrade = /^upgrade: websocket/im.test(received);
      received = '';
      if (fault === 'cut-within' && isUpgrade) cutUpgrade(socket);
      else meet(socket, fault, line);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /^content-length: (\d+)/im.exec(received.slice(0, end))?.[1] ?? '0';
  return received.length >= end + 4 + Number(length);
}

/** Its answer has no body: it is cut within its head. */
function cutUpgrade(socket: Socket): void {
  socket.write('HTTP/1.1 101 Switching Prot');
  setTimeout(() => socket.destroy(), 20);
}

function meet(socket: Socket, fault: Fault, line: string): void {
  const json = { 'content-type': 'application/json; charset=utf-8' };
  const html = { 'content-type': 'text/html', server: 'router' };
  switch (fault) {
    case 'cut-before':
      socket.destroy();
      return;
    case 'cut-within':
      socket.write(answer('200 OK', { ...json, 'content-length': '5000' }, '{"data":[{"id":'));
      // Later than the part, which would be lost with the connection otherwise.
      setTimeout(() => socket.destroy(), 20);
      return;
    case 'router-502':
      socket.end(answer('502 Bad Gateway', html, HTML));
      return;
    case 'router-page':
      socket.end(answer('200 OK', html, HTML));
      return;
    case 'no-json':
      socket.end(answer('200 OK', json, '{"data": nothing of the kind'));
      return;
    default:
      refuse(socket, fault, line);
  }
}

function refuse(socket: Socket, fault: keyof typeof REFUSALS, line: string): void {
  const [status, title, code, detail] = REFUSALS[fault];
  // The greeting needs neither token nor Redis.
  if (line.startsWith('GET / ')) {
    const text = 'Ahoy! This is Quartermaster 0.1.0. See docs/api.md.\n';
    socket.end(answer('200 OK', { 'content-type': 'text/plain; charset=utf-8' }, text));
    return;
  }
  const isKanto = line.includes(' /v0/');
  const head = fault === 'wrong-token' && isKanto ? '401 Unauthorized' : `${status} ${title}`;
  const body = isKanto
    ? { status: fault === 'wrong-token' ? 'unauthorized' : 'error', status_message: detail, error_detail: code }
    : { errors: [{ status: String(status), code, title, detail }] };
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'x-request-id': '0f2d9a3c-5f0e-4f9e-9a53-0d6a6f0f6f5b',
    ...(fault === 'unavailable' ? { 'retry-after': '2' } : {}),
  };
  socket.end(answer(head, headers, JSON.stringify(body)));
}

function answer(status: string, headers: Readonly<Record<string, string>>, body: string): string {
  const all = { 'content-length': String(Buffer.byteLength(body)), connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`;
}
