import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import { AppError, describeError } from '@quartermaster/foundation';

/** The client, as a module: it takes a second and 70 MB to load, so it is loaded when the first request is made. */
export type ClientModule = typeof import('@kubernetes/client-node');

export interface Connection {
  readonly client: ClientModule;
  readonly config: KubeConfig;
}

/** What the client falls back to, by its name; a name may mean another address than the one that is meant. */
const FALLBACK = { name: 'cluster', server: 'http://localhost:8080' };
const FALLBACK_SERVER = 'http://127.0.0.1:8080';

/**
 * `apiUrl` wins, without credentials; else the client's order: KUBECONFIG, `~/.kube/config`, the pod's service account,
 * at last `http://127.0.0.1:8080`. Throws `unavailable` (`kubernetes-unavailable`) where a kubeconfig can't be read.
 */
export async function connect(apiUrl: string | undefined): Promise<Connection> {
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  if (apiUrl !== undefined) {
    config.loadFromClusterAndUser(
      { name: 'cluster', server: apiUrl, skipTLSVerify: isPlain(apiUrl) },
      { name: 'user' },
    );
    return { client, config };
  }
  loadDefault(config);
  config.clusters = config.clusters.map(withPlainServer);
  const authenticate = config.applySecurityAuthentication.bind(config);
  config.applySecurityAuthentication = (context) => authenticate(context).catch(refuseCredentials);
  return { client, config };
}

/** They may come from a program, or from a file that is being replaced. */
function refuseCredentials(error: unknown): never {
  const words = `The credentials for Kubernetes can't be had (${describeError(error)}).`;
  throw new AppError('unavailable', 'kubernetes-unavailable', words, { cause: error });
}

function loadDefault(config: KubeConfig): void {
  try {
    config.loadFromDefault();
  } catch (error) {
    const words = `The kubeconfig can't be read (${describeError(error)}).`;
    throw new AppError('unavailable', 'kubernetes-unavailable', words, { cause: error });
  }
  if (config.getCurrentCluster() !== null) return;
  throw new AppError('unavailable', 'kubernetes-unavailable', 'The kubeconfig names no current cluster.');
}

/** The client refuses http unless it is told not to check a certificate, of which there is none. */
function withPlainServer(cluster: Cluster): Cluster {
  const isFallback = cluster.name === FALLBACK.name && cluster.server === FALLBACK.server;
  const server = isFallback ? FALLBACK_SERVER : cluster.server;
  return isPlain(server) ? { ...cluster, server, skipTLSVerify: true } : cluster;
}

const isPlain = (url: string): boolean => url.startsWith('http:');
