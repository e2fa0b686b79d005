import type { IncomingMessage } from 'node:http';
import { AppError } from '@quartermaster/foundation';
import { headerOf } from '../passage.js';

/** A token of RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Throws 400 for what `ws` would refuse later, when the node is registered already. */
export function checkHandshake(request: IncomingMessage): void {
  const isKey = /^[+/0-9A-Za-z]{22}==$/.test(headerOf(request, 'sec-websocket-key') ?? '');
  const isVersion = ['13', '8'].includes(headerOf(request, 'sec-websocket-version') ?? '');
  if (!isKey || !isVersion) throw malformedHandshake('it needs Sec-WebSocket-Version: 13 and a Sec-WebSocket-Key');
  const header = headerOf(request, 'sec-websocket-protocol');
  if (header === undefined) return;
  const protocols = header.split(',').map((protocol) => protocol.replace(/^[ \t]+|[ \t]+$/g, ''));
  if (new Set(protocols).size < protocols.length || !protocols.every((protocol) => TOKEN.test(protocol))) {
    throw malformedHandshake('Sec-WebSocket-Protocol is no list of distinct tokens (RFC 9110, 5.6.2)');
  }
}

export function malformedHandshake(reason: string): AppError {
  return new AppError('invalid', 'malformed-handshake', `The WebSocket handshake can not be read: ${reason}.`);
}
