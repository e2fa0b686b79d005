import { AppError } from '@quartermaster/foundation';
import type { Accounts } from '@quartermaster/stores';
import { NOBODYS_HASH } from './account-token.js';
import type { Caller } from './authenticate.js';
import { parseForm } from './body.js';
import { createTokenCheck, type TokenCheck } from './token-check.js';

/** Letters, digits and `. _ -`, beginning with a letter or digit, 63 at most. */
export const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** What a token can be. A NUL behind it would make no difference to scrypt, which fills up with them. */
const TOKEN = /^[\x21-\x7e]{8,128}$/;

export type AccountCaller = Caller & { readonly kind: 'account' };

/** Lets in who sends the name and token of an account in a form. */
export interface AccountGate {
  /**
   * Whose form this is. Throws `unauthenticated`, in the same words and after the same work whatever is wrong with the
   * credentials; `unavailable` where too many come at once.
   */
  identify(form: Buffer): Promise<AccountCaller>;
}

export function createAccountGate(accounts: Accounts, isRight: TokenCheck = createTokenCheck()): AccountGate {
  return {
    identify: async (form) => {
      const { username = '', token = '' } = parseForm(form);
      const known = isUsername(username) ? await accounts.load(username) : undefined;
      const account = TOKEN.test(token) ? known : undefined;
      const matches = await isRight(account?.token_hash ?? NOBODYS_HASH, token);
      if (account === undefined || !matches) throw unknownCredentials();
      return { kind: 'account', name: account.username, isAdmin: false };
    },
  };
}

export function isUsername(text: string): boolean {
  return USERNAME.test(text);
}

/** 401, in the same words whatever is wrong. */
export function unknownCredentials(): AppError {
  const message = 'Send the name and the token of an account as the form fields username and token.';
  return new AppError('unauthenticated', 'unknown-credentials', message);
}
