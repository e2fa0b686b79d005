import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** Far above what the real services take in one request of the kinds that are played. */
const BODY_LIMIT = 1_048_576;

/** One request, read to its end. */
export interface Exchange {
  readonly requestId: string;
  readonly method: string;
  /** As it was sent, not decoded: signatures are made over it. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the request log shows: `ok`, or the service's own error code. */
  readonly outcome: string;
}

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function jsonAnswer(status: number, value: unknown, outcome = status < 400 ? 'ok' : String(status)): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: `${JSON.stringify(value)}\n`,
    outcome,
  };
}

export function writeAnswer(response: ServerResponse, answer: Answer, requestId: string): void {
  response.writeHead(answer.status, {
    ...answer.headers,
    'content-length': Buffer.byteLength(answer.body),
    'x-amzn-requestid': requestId,
  });
  response.end(answer.body);
}
