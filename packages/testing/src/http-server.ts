import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that has come in whole. */
export interface HttpRequest {
  readonly method: string;
  /** As it was sent: path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Plays somebody else's HTTP service on loopback. */
export interface HttpServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Cuts what is still connected. */
  stop(): Promise<void>;
}

/** `answer` does with the response what it likes: sends it, sends half of it, destroys it, or leaves it. */
export async function startHttpServer(
  answer: (request: HttpRequest, response: ServerResponse) => void,
  wantedPort = 0,
): Promise<HttpServer> {
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (text: string) => (body += text));
    incoming.on('end', () => {
      const { method = '', url = '/', headers } = incoming;
      answer({ method, url, headers, body }, response);
    });
  });
  server.listen(wantedPort, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
