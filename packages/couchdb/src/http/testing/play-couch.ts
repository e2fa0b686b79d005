import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { findLoopbackAddress } from './guarded-couch.js';

/** What is asked of a played node. */
export interface PlayedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly authorization: string | undefined;
}

/** A status and a JSON body, or whatever is done to the response. */
export type PlayedAnswer = readonly [status: number, body: unknown] | ((response: ServerResponse) => void);

/** A node that says what a test wants it to, on port 5984 of an address of loopback: what pouchdb-server never says. */
export interface PlayedCouch {
  readonly address: string;
  /** Everything that was asked so far. */
  readonly requests: readonly PlayedRequest[];
  stop(): Promise<void>;
}

export async function playCouch(answer: (request: PlayedRequest) => PlayedAnswer): Promise<PlayedCouch> {
  const requests: PlayedRequest[] = [];
  const server = createServer((incoming, response) => {
    let text = '';
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
    incoming.on('end', () => {
      const request = read(incoming, text);
      requests.push(request);
      const answered = answer(request);
      if (typeof answered === 'function') return answered(response);
      const [status, body] = answered;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  const address = findLoopbackAddress();
  server.listen(5984, address);
  await once(server, 'listening');
  return {
    address,
    requests,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function read({ method = '', url = '', headers }: IncomingMessage, text: string): PlayedRequest {
  const { pathname, searchParams } = new URL(url, 'http://node');
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { method, path: pathname, query: searchParams, body, authorization: headers.authorization };
}
