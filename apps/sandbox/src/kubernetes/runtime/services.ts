import type { Logger } from '@quartermaster/foundation';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { objectsOf, stringsOf, textOf } from '../json.js';
import type { KubeObject, ObjectStore } from '../objects.js';
import { matchesMap } from '../selectors.js';
import { containersOf, isLeaving, isReady, numberOf } from './pod-spec.js';

/** The Services' addresses: each connection is handed to a ready pod, as kube-proxy does, and stays with it. */
export interface ServiceProxies {
  /** Opens and closes ports as Services and their ready pods come and go. */
  reconcile(): void;
  show(): object[];
  /** Ends all connections too. */
  closeAll(): void;
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

interface Door {
  readonly server: Server;
  endpoints: readonly Endpoint[];
}

export function createServiceProxies(store: ObjectStore, random: () => number, log: Logger): ServiceProxies {
  /** `address:port` → what listens there. */
  const doors = new Map<string, Door>();
  const sockets = new Set<Socket>();

  function open(address: string, endpoints: readonly Endpoint[]): void {
    const separator = address.lastIndexOf(':');
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => handOn(door, client));
    const door: Door = { server, endpoints };
    doors.set(address, door);
    server.on('error', (error) => {
      log.warn('A Service has no address to listen on', { address, error: error.message });
      if (doors.get(address) === door) doors.delete(address);
    });
    server.listen(Number(address.slice(separator + 1)), address.slice(0, separator));
  }

  function handOn({ endpoints }: Door, client: Socket): void {
    const chosen = endpoints[Math.floor(random() * endpoints.length)];
    client.on('error', () => undefined);
    if (chosen === undefined) return void client.resetAndDestroy();
    const pod = connect({ ...chosen, allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of [
      [client, pod],
      [pod, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.resetAndDestroy());
      socket.once('close', (failed) => {
        sockets.delete(socket);
        if (failed) other.destroy();
      });
    }
    client.pipe(pod);
    pod.pipe(client);
  }

  return {
    reconcile() {
      const wanted = wantedDoors(store);
      for (const [address, { server }] of doors) {
        if (wanted.has(address)) continue;
        doors.delete(address);
        // Those that are connected stay so.
        server.close();
      }
      for (const [address, endpoints] of wanted) {
        const door = doors.get(address);
        if (door === undefined) open(address, endpoints);
        else door.endpoints = endpoints;
      }
    },
    show: () =>
      store.list('Service').map((service) => ({
        name: service.metadata.name,
        namespace: service.metadata.namespace,
        cluster_ip: service.spec?.['clusterIP'] ?? null,
        endpoints: portsOf(service).flatMap((port) => endpointsOf(store, service, port.target).map(({ host }) => host)),
      })),
    closeAll() {
      for (const { server } of doors.values()) server.close();
      doors.clear();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Only doors behind which somebody is: a port that nobody listens on refuses, as kube-proxy's rules do. */
function wantedDoors(store: ObjectStore): Map<string, readonly Endpoint[]> {
  const wanted = new Map<string, readonly Endpoint[]>();
  for (const service of store.list('Service')) {
    const address = textOf(service.spec?.['clusterIP']);
    // Whatever a manifest says, nothing listens outside loopback.
    if (!/^127(\.\d{1,3}){3}$/.test(address) || isLeaving(service)) continue;
    for (const { port, target } of portsOf(service)) {
      const endpoints = endpointsOf(store, service, target);
      if (endpoints.length > 0) wanted.set(`${address}:${port}`, endpoints);
    }
  }
  return wanted;
}

function portsOf(service: KubeObject): { readonly port: number; readonly target: number | string }[] {
  return objectsOf(service.spec?.['ports']).map((entry) => {
    const port = numberOf(entry['port'], 0);
    const target = entry['targetPort'];
    return { port, target: typeof target === 'number' || typeof target === 'string' ? target : port };
  });
}

function endpointsOf(store: ObjectStore, service: KubeObject, target: number | string): Endpoint[] {
  const selector = stringsOf(service.spec?.['selector']);
  return store
    .list('Pod', service.metadata.namespace)
    .filter((pod) => matchesMap(selector, pod.metadata.labels ?? {}) && isReady(pod) && !isLeaving(pod))
    .flatMap((pod) => {
      const host = textOf(pod.status?.['podIP']);
      const ports = Object.assign({}, ...containersOf(pod).map((container) => container.ports)) as Record<
        string,
        number
      >;
      const port = typeof target === 'number' ? target : ports[target];
      return host === '' || port === undefined ? [] : [{ host, port }];
    });
}
