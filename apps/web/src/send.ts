import type { Reply } from './api.js';
import type { Passage } from './passage.js';

/** Writes an answer, its headers in one go behind those of the passage. */
export function send(passage: Passage, { status, headers, json, content, after }: Reply): void {
  const { response } = passage;
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
  response.end(body);
}
