import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy on loopback that can cut the network between a client and a server. */
export interface TcpProxy {
  readonly port: number;
  /** From now on nothing passes, in connections old and new, and nobody is told: as a cable that was pulled. */
  cut(): void;
  /** New connections pass again. Those that were cut stay deaf, as after a router's restart. */
  mend(): void;
  stop(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<{ client: Socket; server: Socket }>();
  const deaf = new Set<Socket>();
  let isCut = false;

  const listener = createServer((client) => {
    client.on('error', () => client.destroy());
    if (isCut) {
      deaf.add(client);
      return;
    }
    const server = connect(targetPort, '127.0.0.1');
    const pair = { client, server };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    server.on('error', end).on('close', end);
    client.on('close', end);
    client.pipe(server);
    server.pipe(client);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  return {
    port: (listener.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
      for (const { client, server } of pairs) {
        client.unpipe(server).resume();
        server.unpipe(client).removeAllListeners('close').destroy();
        deaf.add(client);
      }
      pairs.clear();
    },
    mend: () => void (isCut = false),
    stop: async () => {
      for (const socket of [...deaf, ...[...pairs].flatMap(({ client, server }) => [client, server])]) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
