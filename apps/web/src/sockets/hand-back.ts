import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** What speaks of the upgrade only; `Connection` may say other things besides. */
const OF_THE_UPGRADE = /^(upgrade|http2-settings)$/i;

/**
 * Gives a request that asks for an upgrade back to its server as an ordinary one (RFC 9110, 7.8 allows to ignore the wish).
 * Node takes every request with `Upgrade` for one, as soon as anybody listens for upgrades; curl and Java offer `h2c` on
 * clear text with all of theirs.
 */
export function handBack(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(i, i + 2);
    if (OF_THE_UPGRADE.test(name)) continue;
    const left = name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value;
    if (left !== '' || value === '') lines.push(`${name}: ${left}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

function withoutUpgrade(value: string): string {
  const options = value.split(',').map((option) => option.trim());
  return options.filter((option) => !OF_THE_UPGRADE.test(option)).join(', ');
}
