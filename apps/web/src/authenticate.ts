import { AppError } from '@quartermaster/foundation';
import { digestOf, findToken, type Token } from './tokens.js';

/**
 * Who asks: a configured token, an instance with its build's own credential (checked against the build later), or an account
 * for CouchDB clusters (`account-gate.ts`).
 */
export type Caller =
  | { readonly kind: 'token'; readonly name: string; readonly isAdmin: boolean }
  | { readonly kind: 'build'; readonly name: 'build'; readonly isAdmin: false; readonly secretHash: string }
  | { readonly kind: 'account'; readonly name: string; readonly isAdmin: false }
  | { readonly kind: 'public'; readonly name: 'public'; readonly isAdmin: false };

/**
 * Who may call a route. `token-or-build`: also HTTP Basic `x:<secret>` of an instance build. `token-or-password`: also HTTP
 * Basic with any user and a token as the password, which browsers can send. `metrics`: an admin token or that of
 * `METRICS_TOKEN`. `account`: whoever sends an account's name and token in the form, and nobody by header.
 */
export type Access = 'public' | 'token' | 'admin' | 'token-or-build' | 'token-or-password' | 'metrics' | 'account';

const TOKEN_HEADER = /^(?:token[ =]|bearer )([\x21-\x7e]+)$/i;
const BASIC_HEADER = /^basic ([A-Za-z0-9+/]{1,4000}={0,2})$/i;

/** Tells who sent this `Authorization` header. Throws 401 without one, 403 where it matches nobody. */
export function authenticate(
  header: string | undefined,
  access: Exclude<Access, 'account'>,
  tokens: readonly Token[],
): Caller {
  if (access === 'public') return { kind: 'public', name: 'public', isAdmin: false };
  if (header === undefined || header === '') {
    throw new AppError('unauthenticated', 'authentication-required', 'Send a token: `Authorization: token <token>`.');
  }
  if (access === 'token-or-build') {
    const secret = parseBasic(header);
    if (secret !== undefined) {
      return { kind: 'build', name: 'build', isAdmin: false, secretHash: digestOf(secret).toString('hex') };
    }
  }
  const password = access === 'token-or-password' ? parsePassword(header) : undefined;
  const sent = password ?? TOKEN_HEADER.exec(header)?.[1];
  const token = sent === undefined ? undefined : findToken(tokens, sent);
  if (token === undefined && password !== undefined) {
    // A browser asks its user again after 401 only.
    throw new AppError(
      'unauthenticated',
      'authentication-required',
      'The password is not a token of this installation.',
    );
  }
  if (token === undefined)
    throw new AppError('forbidden', 'unknown-token', 'The Authorization header matches no token.');
  return { kind: 'token', name: token.name, isAdmin: token.isAdmin };
}

/** Throws 403 where the caller is known but may not do this. */
export function authorize(caller: Caller, access: Access): void {
  if ((access === 'admin' || access === 'metrics') && !caller.isAdmin) throw adminOnly();
}

export function adminOnly(): AppError {
  return new AppError('forbidden', 'admin-only', 'This needs a token that ADMIN_TOKENS names.');
}

/** The password of HTTP Basic credentials of the user `x`. */
function parseBasic(header: string): string | undefined {
  const sent = readBasic(header);
  return sent?.user === 'x' && sent.password !== '' ? sent.password : undefined;
}

/** The password of HTTP Basic credentials of any user. */
function parsePassword(header: string): string | undefined {
  return readBasic(header)?.password;
}

function readBasic(header: string): { user: string; password: string } | undefined {
  const encoded = BASIC_HEADER.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
