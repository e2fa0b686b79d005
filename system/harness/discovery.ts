import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import {
  eventually,
  findFreePort,
  startEtcd,
  startRedis,
  type EtcdServer,
  type RedisServer,
} from '@quartermaster/testing';
import { WebSocket } from 'ws';
import { createApi, type Api } from './api';
import { startProcess, type Process } from './processes';
import { TOKEN } from './start-system';

export { TOKEN };
export const AUTHORIZATION = { authorization: `token ${TOKEN}` };

export interface ShownNode {
  readonly ip: string;
  readonly port: number;
}

/** A message as a socket gets it, as far as the tests look. */
export interface ShownMessage {
  readonly namespace: string;
  readonly body: {
    readonly key_event?: string;
    readonly services?: readonly ShownNode[];
    readonly event_type?: string;
    readonly event_body?: unknown;
  };
  readonly id: number;
}

/** One `web` with discovery. */
export interface DiscoveryWeb {
  readonly url: string;
  readonly api: Api;
  readonly process: Process;
}

/** etcd and Redis of their own, and as many `web` over them as a test wants. */
export interface DiscoverySystem {
  readonly etcd: EtcdServer;
  readonly redis: RedisServer;
  /** `ETCD_HOSTS` may be another way to the same etcd, e.g. a proxy. */
  startWeb(environment?: Readonly<Record<string, string>>): Promise<DiscoveryWeb>;
  stop(): Promise<void>;
}

export async function startDiscoverySystem(): Promise<DiscoverySystem> {
  const [etcd, redis] = await Promise.all([startEtcd(), startRedis()]);
  const webs: Process[] = [];
  return {
    etcd,
    redis,
    startWeb: async (environment = {}) => {
      const port = String(await findFreePort());
      const url = `http://127.0.0.1:${port}`;
      const process = startProcess('web', {
        REDIS_URL: redis.url,
        ETCD_HOSTS: etcd.url,
        // No test is about what happens where a process, or etcd, stands still for a while, unless it says so.
        ETCD_TTL: '60s',
        AUTH_TOKEN: TOKEN,
        PORT: port,
        HOST: '127.0.0.1',
        LOG_LEVEL: 'debug',
        ...environment,
      });
      webs.push(process);
      const api = createApi(url, AUTHORIZATION);
      await eventually(async () => {
        if ((await api('/readyz')).status !== 200) throw new Error('not ready');
        if ((await api<{ discovery: string }>('/processes')).json().discovery === 'behind') throw new Error('behind');
      });
      return { url, api, process };
    },
    stop: async () => {
      await Promise.all(webs.map((web) => web.stop()));
      await Promise.all([etcd.stop(), redis.stop()]);
    },
  };
}

/** A socket, and all that came over it. */
export interface OpenSocket {
  readonly socket: WebSocket;
  readonly messages: ShownMessage[];
  /** Headers of the answer to the upgrade. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: string[];
}

/** Opens a socket; rejects with status and body where it is refused. */
export async function openSocket(webUrl: string, path: string, options: OpenOptions = {}): Promise<OpenSocket> {
  const { headers = options.protocols === undefined ? AUTHORIZATION : {}, protocols = [] } = options;
  const socket = new WebSocket(webUrl.replace('http', 'ws') + path, protocols, { headers, perMessageDeflate: false });
  const messages: ShownMessage[] = [];
  let answered: OpenSocket['headers'] = {};
  socket.on('upgrade', (response) => (answered = response.headers));
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as ShownMessage));
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: Number(code), reason: String(reason) }));
  closed.catch(() => undefined);
  await once(socket, 'open');
  socket.on('error', () => undefined);
  return {
    socket,
    messages,
    headers: answered,
    closed,
    close: async () => {
      socket.close();
      await closed;
    },
  };
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly errors: { code: string; detail: string; source?: { parameter?: string } }[];
}

/** Asks for an upgrade as a WebSocket client does; resolves with the answer, for those that are refused. */
export async function askForUpgrade(
  webUrl: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Refusal> {
  const handshake = { 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
  const all = { connection: 'Upgrade', upgrade: 'websocket', ...handshake, ...headers };
  const request = httpRequest(webUrl + path, { method, headers: all, agent: false });
  request.end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('The upgrade was not refused'));
    });
  });
  let text = '';
  for await (const part of response) text += String(part);
  const { errors } = JSON.parse(text) as Pick<Refusal, 'errors'>;
  return { status: response.statusCode ?? 0, headers: response.headers, errors };
}

/** Query of a registration; the address tells nodes apart. */
export function registerPath(service: string, port: number, more = ''): string {
  return `/etcd/register?service=${service}&ip=10.0.0.1&port=${port}${more}`;
}

export function addressesOf(nodes: readonly ShownNode[]): string[] {
  return nodes.map(({ ip, port }) => `${ip}:${port}`).sort();
}
