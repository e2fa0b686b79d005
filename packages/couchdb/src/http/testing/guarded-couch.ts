import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminCredentials } from '../../cluster-host.js';

/**
 * A CouchDB-compatible node for tests: `pouchdb-server` on loopback, and in front of it, on port 5984 of the same address,
 * a guard that lets only its administrator in (an unauthenticated request may end pouchdb-server).
 */
export interface GuardedCouch {
  readonly address: string;
  /** Of a database on it, as the administrator; path begins with `/`. The answer's JSON. */
  ask(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** Method and path of every request that came to the guard since the last call. */
  takeRequests(): string[];
  /** Ends the node at once; its address refuses connections. */
  kill(): Promise<void>;
  /** Starts it anew on the same address with the data it had. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const PORT = 5984;
/** pouchdb-server takes seconds to start, and on a machine that is busy with other things many. */
const START_LIMIT_MS = 60_000;

/** An address of loopback that nothing else uses, most probably. */
export function findLoopbackAddress(): string {
  const part = (): number => 2 + Math.floor(Math.random() * 250);
  return `127.${100 + Math.floor(Math.random() * 100)}.${part()}.${part()}`;
}

export async function startGuardedCouch(admin: AdminCredentials): Promise<GuardedCouch> {
  const address = findLoopbackAddress();
  const folder = await mkdtemp(join(tmpdir(), 'quartermaster-couch-'));
  const authorization = `Basic ${Buffer.from(`${admin.user}:${admin.password}`).toString('base64')}`;
  const requests: string[] = [];
  let running: { child: ChildProcess; guard: Server; agent: Agent } | undefined;

  const start = async (): Promise<void> => {
    const backend = await findFreePort(address);
    const child = await startPouch(address, backend, folder);
    const agent = new Agent({ keepAlive: true });
    const guard = createServer((incoming, outgoing) => {
      requests.push(`${incoming.method} ${incoming.url}`);
      if (incoming.headers.authorization === authorization) return forward(incoming, outgoing, address, backend, agent);
      const words = { error: 'unauthorized', reason: 'Name or password is incorrect.' };
      outgoing.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(words));
    });
    guard.listen(PORT, address);
    await once(guard, 'listening');
    running = { child, guard, agent };
  };

  const kill = async (): Promise<void> => {
    if (running === undefined) return;
    const { child, guard, agent } = running;
    running = undefined;
    guard.closeAllConnections();
    guard.close();
    agent.destroy();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  };

  await start();
  return {
    address,
    ask: async (method, path, body) => {
      const response = await fetch(`http://${address}:${PORT}${path}`, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return (await response.json()) as Record<string, unknown>;
    },
    takeRequests: () => requests.splice(0),
    kill,
    start,
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * It writes its configuration and its log into its working directory. Whenever a replication is removed while it runs, a
 * promise of pouchdb-replicator's is rejected that nobody handles: that must not end the process.
 */
async function startPouch(address: string, port: number, folder: string): Promise<ChildProcess> {
  const program = require.resolve('pouchdb-server/bin/pouchdb-server');
  const settings = ['--host', address, '--port', String(port), '--dir', folder, '--no-stdout-logs'];
  const child = spawn(process.execPath, ['--unhandled-rejections=warn', program, ...settings], {
    cwd: folder,
    stdio: 'ignore',
  });
  const end = Date.now() + START_LIMIT_MS;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`pouchdb-server ended with ${child.exitCode}`);
    const answered = await fetch(`http://${address}:${port}/`).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return child;
    await sleep(25);
  }
  child.kill('SIGKILL');
  throw new Error(`pouchdb-server does not answer on ${address}:${port}`);
}

/** Whoever passes the guard is everybody’s administrator behind it. */
function forward(incoming: IncomingMessage, outgoing: ServerResponse, host: string, port: number, agent: Agent): void {
  const { authorization: _, ...headers } = incoming.headers;
  const { method, url: path } = incoming;
  const onward = request({ host, port, agent, headers, ...(method && { method }), ...(path && { path }) }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
    answer.on('error', () => outgoing.destroy());
  });
  onward.on('error', () => outgoing.destroy());
  outgoing.on('close', () => onward.destroy());
  incoming.pipe(onward);
}

async function findFreePort(address: string): Promise<number> {
  const server = createTcpServer();
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
