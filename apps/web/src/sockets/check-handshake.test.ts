import type { IncomingMessage } from 'node:http';
import { checkHandshake } from './check-handshake';

function check(headers: Record<string, string>): void {
  const key = Buffer.alloc(16).toString('base64');
  const all = { 'sec-websocket-key': key, 'sec-websocket-version': '13', ...headers };
  checkHandshake({ headers: all } as unknown as IncomingMessage);
}

describe('a handshake', () => {
  it.each(['a', 'a, b', 'discovery,bearer.abc', "a ,\tb!#$%&'*+-.^_`|~"])('may offer the protocols %s', (protocols) => {
    expect(() => check({ 'sec-websocket-protocol': protocols })).not.toThrow();
    expect(() => check({})).not.toThrow();
  });

  it.each(['', 'a,,b', 'a,', 'a/b', 'a b', 'bearer.abc, bearer.abc', 'bearer.a=='])(
    'is refused that offers the protocols "%s"',
    (protocols) => {
      expect(() => check({ 'sec-websocket-protocol': protocols })).toThrow('no list of distinct tokens');
    },
  );

  it.each([{ 'sec-websocket-version': '7' }, { 'sec-websocket-key': 'x' }, { 'sec-websocket-key': '' }])(
    'is refused with %j',
    (headers) => {
      expect(() => check(headers)).toThrow('Sec-WebSocket-Version');
    },
  );
});
