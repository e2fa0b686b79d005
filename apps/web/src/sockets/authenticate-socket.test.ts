import type { IncomingMessage } from 'node:http';
import { parseTokens } from '../tokens';
import { authenticateSocket, bearerProtocol } from './authenticate-socket';

const T = 'one-token-0123456789';
const tokens = parseTokens({ AUTH_TOKENS: `one:${T},two:two-${T}` });
const TICKET = 'AAAAAAAAAAAAAAAAAAAAAAAA';

/** Who it is, or the code of the refusal; tickets that were asked for are noted. */
async function ask(headers: IncomingMessage['headers'], query = '', redeemed: string[] = []): Promise<string> {
  const redeem = (ticket: string): Promise<string | undefined> => {
    redeemed.push(ticket);
    return Promise.resolve({ [TICKET]: 'two', [`${TICKET}B`]: 'former' }[ticket]);
  };
  try {
    const request = { headers } as IncomingMessage;
    return (await authenticateSocket(request, new URLSearchParams(query), { tokens, tickets: { redeem } })).name;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('who opens a socket', () => {
  it('is told by header, subprotocol or ticket, the first that was sent', async () => {
    const protocol = { 'sec-websocket-protocol': `chat, bearer.two-${T}` };
    expect(await ask({ authorization: `token ${T}` })).toBe('one');
    expect(await ask(protocol)).toBe('two');
    expect(await ask({}, `ticket=${TICKET}`)).toBe('two');
    expect(await ask({ authorization: `token ${T}`, ...protocol })).toBe('one');
    expect(await ask({ authorization: 'token wrong', ...protocol }, `ticket=${TICKET}`)).toBe('unknown-token');
  });

  it('is nobody without any, and with what is wrong', async () => {
    expect(await ask({}, `token=${T}&access_token=${T}`)).toBe('authentication-required');
    expect(await ask({ 'sec-websocket-protocol': 'chat' })).toBe('authentication-required');
    expect(await ask({ 'sec-websocket-protocol': 'bearer.wrong' })).toBe('unknown-token');
    expect(await ask({}, 'ticket=unknown-ticket-0123456789')).toBe('unknown-ticket');
  });

  it('is nobody by the ticket of a token that is not configured any more', async () => {
    expect(await ask({}, `ticket=${TICKET}B`)).toBe('unknown-ticket');
  });

  it('does not ask the store for what can be no ticket, nor spend one that is not needed', async () => {
    const redeemed: string[] = [];
    expect(await ask({}, `ticket=${'x'.repeat(10_000)}`, redeemed)).toBe('unknown-ticket');
    expect(await ask({ authorization: `token ${T}` }, `ticket=${TICKET}`, redeemed)).toBe('one');
    expect(redeemed).toEqual([]);
  });

  it('finds the subprotocol that carries a token', () => {
    expect(bearerProtocol(['chat', ' bearer.x '])).toBe('bearer.x');
    expect(bearerProtocol(['chat', 'bearer.'])).toBeUndefined();
  });
});
