import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A private redis-server on loopback: AOF everysec and noeviction, as production should have it. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** The process itself, for tests that kill or stop it; it changes with `start`. */
  process(): ChildProcess;
  /** Starts it anew on the same port and data after it was killed. */
  start(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** Below what the system hands out by itself; each process has some of its own, so that none is taken before it is used. */
const PORTS = { first: 10_100, each: 100, processes: 220 } as const;
let nextPort = Math.floor(Math.random() * PORTS.each);

/** A TCP port of loopback that is free, and no other test's. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < PORTS.each; tries += 1) {
    const port = PORTS.first + (process.pid % PORTS.processes) * PORTS.each + (nextPort % PORTS.each);
    nextPort += 1;
    if (await isFree(port)) return port;
  }
  throw new Error('All ports of this process are taken');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** How long (ms) a server may take to start: on a machine that is busy with other things, long. */
export const START_LIMIT_MS = 60_000;

/**
 * Resolves when `answers` says so. Rejects as soon as the process has ended, as it does where its port was taken after it
 * was found free: whoever answers there then is somebody else.
 */
export async function waitForServer(child: ChildProcess, answers: () => Promise<boolean>): Promise<void> {
  let failure: Error | undefined;
  const name = child.spawnfile;
  child.once('error', (cause) => (failure = new Error(`${name} does not start; is it installed?`, { cause })));
  child.once('exit', (code) => (failure ??= new EndedAtStart(`${name} ended at its start with ${code}`)));
  const end = Date.now() + START_LIMIT_MS;
  for (;;) {
    const hasAnswered = await answers();
    if (failure !== undefined) throw failure;
    if (hasAnswered) return;
    if (Date.now() > end) throw new Error(`${name} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

class EndedAtStart extends Error {
  override readonly name = 'EndedAtStart';
}

/** Starts something on ports that are free, on others where these were taken meanwhile. */
export async function startOnFreePorts<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof EndedAtStart) || tries === 5) throw error;
    }
  }
}

export function startRedis(extraArguments: readonly string[] = []): Promise<RedisServer> {
  return startOnFreePorts(() => startRedisOnce(extraArguments));
}

async function startRedisOnce(extraArguments: readonly string[]): Promise<RedisServer> {
  const port = await findFreePort();
  const folder = await mkdtemp(join(tmpdir(), 'quartermaster-redis-'));
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    const settings = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''];
    const durability = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'];
    child = spawn('redis-server', [...settings, ...durability, ...extraArguments], { stdio: 'ignore' });
    await waitForServer(child, () => pings(port));
  };
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    process: () => child,
    start,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGCONT');
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function pings(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(500, () => end(false));
    socket.once('error', () => end(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
  });
}
