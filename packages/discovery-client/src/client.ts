import { openLink, type Link, type LinkOptions, type SocketOptions } from './link.js';

export interface DiscoveryClientOptions {
  /** Where `web` is, e.g. `https://quartermaster.example.com`. */
  readonly url: string;
  readonly token: string;
}

export interface RegisterOptions extends SocketOptions {
  readonly service: string;
  readonly ip: string;
  readonly port: number;
  /** Services to follow besides one's own. */
  readonly monitor?: readonly string[];
}

export interface MonitorOptions extends SocketOptions {
  readonly monitor: readonly string[];
}

export interface DiscoveryClient {
  /** Registers a node for as long as the link is kept, and follows its service. */
  register(options: RegisterOptions): Link;
  monitor(options: MonitorOptions): Link;
  /** Closes all links: what they registered is gone from the others at once. */
  close(): Promise<void>;
}

/** A client of Quartermaster's service discovery. Nothing of it throws: it tries for ever (or while `mayRetry` allows it), and says so by `onState`. */
export function createDiscoveryClient({ url, token }: DiscoveryClientOptions): DiscoveryClient {
  const links: Link[] = [];
  const open = (path: string, query: Record<string, string>, options: SocketOptions): Link => {
    const address = new URL(`${url.replace(/^http/, 'ws').replace(/\/+$/, '')}${path}`);
    address.search = new URLSearchParams(query).toString();
    const asked: LinkOptions = { ...options, url: address, headers: { Authorization: `Bearer ${token}` } };
    const link = openLink(asked);
    links.push(link);
    return link;
  };
  return {
    register: (options) => {
      const { service, ip, port, monitor = [] } = options;
      return open('/etcd/register', { service, ip, port: String(port), monitor: monitor.join(',') }, options);
    },
    monitor: (options) => open('/etcd/monitor', { monitor: options.monitor.join(',') }, options),
    close: async () => void (await Promise.all(links.map((link) => link.close()))),
  };
}
