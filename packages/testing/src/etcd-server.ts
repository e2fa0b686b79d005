import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, startOnFreePorts, waitForServer } from './redis-server.js';

/** A private etcd of one member on loopback. */
export interface EtcdServer {
  /** `http://127.0.0.1:<port>`, as `ETCD_HOSTS` wants it. */
  readonly url: string;
  readonly port: number;
  /** The process itself, for tests that kill or stop it; it changes with `start`. */
  process(): ChildProcess;
  /** Kills it (SIGKILL) and waits until it has gone. */
  kill(): Promise<void>;
  /** Kills it, and everything that it had is lost. */
  lose(): Promise<void>;
  /** Starts it anew on the same ports and data after it was killed. */
  start(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

export function startEtcd(extraArguments: readonly string[] = []): Promise<EtcdServer> {
  return startOnFreePorts(() => startEtcdOnce(extraArguments));
}

async function startEtcdOnce(extraArguments: readonly string[]): Promise<EtcdServer> {
  const [port, peerPort] = [await findFreePort(), await findFreePort()];
  const folder = await mkdtemp(join(tmpdir(), 'quartermaster-etcd-'));
  const [url, peerUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const place = ['--name', 'test', '--data-dir', folder, '--log-level', 'error'];
  const clients = ['--listen-client-urls', url, '--advertise-client-urls', url];
  const peers = ['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl];
  const settings = [...place, ...clients, ...peers, '--initial-cluster', `test=${peerUrl}`, ...extraArguments];
  let child: ChildProcess;
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;

  const start = async (): Promise<void> => {
    child = spawn('etcd', settings, { stdio: 'ignore', env: environment() });
    await waitForServer(child, () => isHealthy(url));
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (hasEnded()) return;
    child.kill('SIGCONT');
    child.kill(signal);
    await once(child, 'exit');
  };

  await start();
  return {
    url,
    port,
    process: () => child,
    kill: () => end('SIGKILL'),
    lose: async () => {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
    start,
    stop: async () => {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** etcd reads its flags from `ETCD_…` variables too: not those that are ours. */
function environment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_'));
  // etcd 3.4 asks for this word where it was not tried by its makers.
  return { ...Object.fromEntries(others), ...(process.arch === 'x64' ? {} : { ETCD_UNSUPPORTED_ARCH: process.arch }) };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) });
    const { health } = (await response.json()) as { health?: unknown };
    return String(health) === 'true';
  } catch {
    return false;
  }
}
