import type { Account, Accounts } from '@quartermaster/stores';
import { createAccountGate } from './account-gate';
import { NOBODYS_HASH } from './account-token';

const ANN: Account = { username: 'ann', token_hash: "ann's hash", created_at: 'c' };
const NEVER = (): Promise<never> => Promise.reject(new Error('not in this test'));
const accounts = (load: Accounts['load']): Accounts => ({
  load,
  create: NEVER,
  list: NEVER,
  rotate: NEVER,
  remove: NEVER,
});

/** What a form came to, and what was asked for it. */
async function enter(form: string): Promise<{ told: string; asked: string[] }> {
  const asked: string[] = [];
  const load = (name: string): Promise<Account | undefined> => {
    asked.push(`load ${name}`);
    return Promise.resolve(name === 'ann' ? ANN : undefined);
  };
  const gate = createAccountGate(accounts(load), (hash, token) => {
    asked.push(hash);
    // Also for nobody's hash: it must not open anything.
    return Promise.resolve(token === 'right-token');
  });
  const told = await gate.identify(Buffer.from(form)).then(
    (caller) => JSON.stringify(caller),
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );
  return { told, asked };
}

const REFUSED = 'unknown-credentials: Send the name and the token of an account as the form fields username and token.';

describe('the gate of accounts', () => {
  it('lets in who sends name and token', async () => {
    const { told, asked } = await enter('username=ann&token=right-token&cluster_tag=x');
    expect(JSON.parse(told)).toEqual({ kind: 'account', name: 'ann', isAdmin: false });
    expect(asked).toEqual(['load ann', ANN.token_hash]);
  });

  it.each([
    ['a wrong token', 'username=ann&token=wrong-token', ['load ann', ANN.token_hash]],
    ['an unknown name', 'username=bob&token=right-token', ['load bob', NOBODYS_HASH]],
    ['no name', 'token=right-token', [NOBODYS_HASH]],
    ['a name that could be part of a key', 'username=ann:x&token=right-token', [NOBODYS_HASH]],
    ['no token', 'username=ann', ['load ann', NOBODYS_HASH]],
    ['a token that none can be', 'username=ann&token=right-token%00', ['load ann', NOBODYS_HASH]],
    ['nothing', '', [NOBODYS_HASH]],
  ])('refuses %s in the same words, after one comparison', async (_, form, expected) => {
    expect(await enter(form)).toEqual({ told: REFUSED, asked: expected });
  });
});
