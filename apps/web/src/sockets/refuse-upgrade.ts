import type { Socket } from 'node:net';
import { replyToError } from '../errors.js';
import type { Passage } from '../passage.js';

/** How long (ms) a refused client may take to read why. */
const PATIENCE_MS = 5000;

/** Answers a refused upgrade like any request, with the error document, and closes. Returns whether it was a bug. */
export function refuseUpgrade(passage: Passage, socket: Socket, thrown: unknown): boolean {
  const { response } = passage;
  const { reply, error } = replyToError(thrown, 'GET');
  if (error !== undefined) passage.code = error.code;
  if (!socket.destroyed) {
    const body = JSON.stringify(reply.json);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    response.assignSocket(socket);
    response.shouldKeepAlive = false;
    response.writeHead(reply.status, {
      'X-Request-Id': passage.id,
      ...reply.headers,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(body, () => socket.end());
  }
  return error === undefined;
}
