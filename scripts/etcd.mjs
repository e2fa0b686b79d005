// The private etcd of bin/up: one member on loopback, ports of its own, data kept in a folder of its own.
import { spawnSync } from 'node:child_process';

export function etcdIsInstalled() {
  return spawnSync('etcd', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** The arguments of an etcd that keeps its data and its log in its working directory. Ports: `{ client, peer }`. */
export function etcdArguments({ client, peer }) {
  const clientUrl = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const place = ['--name', 'local', '--data-dir', 'data', '--logger', 'zap', '--log-outputs', 'etcd.log'];
  const clients = ['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl];
  const peers = ['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl];
  // Hours of history, so that a client may have been away for long.
  const history = ['--auto-compaction-mode', 'periodic', '--auto-compaction-retention', '8h'];
  return [...place, ...clients, ...peers, '--initial-cluster', `local=${peerUrl}`, ...history];
}

/** Whether an etcd answers on its client port, and has a leader. */
export async function etcdAnswers({ client }) {
  try {
    const response = await fetch(`http://127.0.0.1:${client}/health`, { signal: AbortSignal.timeout(1000) });
    return String((await response.json()).health) === 'true';
  } catch {
    return false;
  }
}
