import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

/** What stands before several `web`: new connections go to whichever is named now, old ones stay where they are. */
export interface TcpRouter {
  readonly url: string;
  pointTo(webUrl: string): void;
  stop(): void;
}

export async function startTcpRouter(webUrl: string): Promise<TcpRouter> {
  let port = Number(new URL(webUrl).port);
  const listener = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    client.pipe(server).pipe(client);
    client.on('error', () => server.destroy()).on('close', () => server.destroy());
    server.on('error', () => client.destroy()).on('close', () => client.destroy());
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    pointTo: (target) => void (port = Number(new URL(target).port)),
    stop: () => void listener.close(),
  };
}
