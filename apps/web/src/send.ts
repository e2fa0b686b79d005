import { pipeline } from 'node:stream';
import type { Reply } from './api.js';
import type { Passage } from './passage.js';

/** Writes an answer, its headers in one go behind those of the passage. */
export function send(passage: Passage, { status, headers, json, content, stream, after }: Reply): void {
  const { request, response } = passage;
  const lines: (string | number)[] = [...passage.headers];
  const body = json === undefined ? content : JSON.stringify(json);
  for (const name in headers) {
    if (json === undefined || name.toLowerCase() !== 'content-type') lines.push(name, headers[name] ?? '');
  }
  if (json !== undefined) lines.push('Content-Type', 'application/json; charset=utf-8');
  // Said here and not left to Node, which leaves it out of the answer to HEAD.
  if (body !== undefined) lines.push('Content-Length', Buffer.byteLength(body));
  if (after) response.once('finish', after);
  response.writeHead(status, lines as string[]);
  if (stream === undefined) {
    response.end(body);
    return;
  }
  if (request.method === 'HEAD') {
    stream.destroy();
    response.end();
    return;
  }
  // The head goes out at once, however long the first piece takes.
  response.flushHeaders();
  // Whoever ends first ends the other; a caller who has gone is no error.
  pipeline(stream, response, () => undefined);
}
