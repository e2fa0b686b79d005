import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy on loopback that can keep back what clients send. */
export interface SlowProxy {
  readonly port: number;
  hold(): void;
  /** What was kept back goes on its way. */
  release(): void;
  stop(): Promise<void>;
}

export async function startSlowProxy(targetPort: number): Promise<SlowProxy> {
  const clients = new Map<Socket, Socket>();
  let isHeld = false;
  const listener = createServer((client) => {
    const server = connect(targetPort, '127.0.0.1');
    clients.set(client, server);
    const end = (): void => {
      clients.delete(client);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
    server.pipe(client);
    if (!isHeld) client.pipe(server);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    hold: () => {
      isHeld = true;
      for (const [client, server] of clients) client.unpipe(server);
    },
    release: () => {
      isHeld = false;
      for (const [client, server] of clients) client.pipe(server);
    },
    stop: async () => {
      for (const client of clients.keys()) client.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
