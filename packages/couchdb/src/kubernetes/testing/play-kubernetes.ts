import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What is asked of a played API server. */
export interface PlayedRequest {
  readonly method: string;
  /** Without the query: `/api/v1/namespaces/default/pods`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

/** A status and a JSON body, or whatever is done to the response. */
export type PlayedAnswer = readonly [status: number, body: unknown] | ((response: ServerResponse) => void);

/** An API server that says what a test wants it to: what a sound one rarely says. */
export interface PlayedKubernetes {
  readonly url: string;
  /** Everything that was asked so far. */
  readonly requests: readonly PlayedRequest[];
  stop(): Promise<void>;
}

export async function playKubernetes(answer: (request: PlayedRequest) => PlayedAnswer): Promise<PlayedKubernetes> {
  const requests: PlayedRequest[] = [];
  const server = createServer((incoming, response) => {
    let text = '';
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
    incoming.on('end', () => {
      const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://kubernetes');
      const request: PlayedRequest = {
        method: incoming.method ?? '',
        path: pathname,
        query: searchParams,
        contentType: incoming.headers['content-type'],
        authorization: incoming.headers.authorization,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      };
      requests.push(request);
      const answered = answer(request);
      if (typeof answered === 'function') return answered(response);
      const [status, body] = answered;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A refusal in Kubernetes' words. */
export function refusal(code: number, reason: string, message: string): PlayedAnswer {
  return [code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code }];
}
