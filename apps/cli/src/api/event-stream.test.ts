import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiFailure, Unreachable } from './api-failure.js';
import { openEvents, parseEvents, type ServerSentEvent } from './event-stream.js';

let server: Server;
let url: string;
let answer: (response: ServerResponse, lastEventId: unknown) => void;
beforeAll(async () => {
  server = createServer((request, response) => answer(response, request.headers['last-event-id']));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/log`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function read(events: AsyncIterable<ServerSentEvent> | undefined): Promise<string[]> {
  const found: string[] = [];
  for await (const { id, event, data } of events ?? []) found.push(`${id} ${event} ${data}`);
  return found;
}
const open = (
  options: { lastEventId?: string; silenceMs?: number; signal?: AbortSignal } = {},
): ReturnType<typeof openEvents> =>
  openEvents(url, { userAgent: 'test', signal: new AbortController().signal, ...options });

async function* partsOf(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield await Promise.resolve(text.slice(at, at + size));
}

it.each([1, 2, 7, 1000])('reads events of a stream that is cut every %d characters', async (size) => {
  const stream =
    'retry: 1000\n\nid: 1-0\nevent: log\ndata: {"a":1}\n\n: still here\n\nevent: log\ndata: x\ndata: y\r\n\r\ndata: cut';
  expect(await read(parseEvents(partsOf(stream, size)))).toEqual(['1-0 log {"a":1}', '1-0 log x\ny']);
});

it('goes on behind the last event, and ends where nothing more comes', async () => {
  answer = (response, last) => {
    if (last === '2-0') response.writeHead(204).end();
    else response.writeHead(200).end(`id: 2-0\ndata: after ${String(last)}\n\n`);
  };
  expect(await read(await open({ lastEventId: '1-0' }))).toEqual(['2-0 message after 1-0']);
  expect(await open({ lastEventId: '2-0' })).toBeUndefined();
});

it('a refusal is the API’s own; a foreign answer is none of it', async () => {
  answer = (response) => {
    const errors = [{ status: '503', code: 'too-many-followers', detail: 'Too many follow.' }];
    response.writeHead(503, { 'retry-after': '5', 'content-type': 'application/json' }).end(JSON.stringify({ errors }));
  };
  const refused = await open().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ApiFailure);
  expect(refused).toMatchObject({ status: 503, code: 'too-many-followers', retryAfter: 5 });
  answer = (response) => response.writeHead(502).end('<h1>Bad gateway</h1>');
  await expect(open()).rejects.toThrow(Unreachable);
  answer = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
  await expect(open()).rejects.toThrow(Unreachable);
});

it('says so where the connection breaks, and where it is silent for too long', async () => {
  answer = (response) => {
    response.writeHead(200).write('data: one\n\n');
    setTimeout(() => response.destroy(), 20);
  };
  await expect(open().then(read)).rejects.toThrow('the connection was cut');
  answer = (response) => void response.writeHead(200).write('data: one\n\n');
  await expect(open({ silenceMs: 50 }).then(read)).rejects.toThrow('nothing came for 0.05 s');
});

it('ends with the reason of who ends it', async () => {
  const end = new AbortController();
  answer = (response) => {
    response.writeHead(200).write('data: one\n\n');
    setTimeout(() => end.abort(new Error('interrupted')), 20);
  };
  await expect(open({ signal: end.signal }).then(read)).rejects.toThrow('interrupted');
});
