import { hash, timingSafeEqual } from 'node:crypto';
import { ConfigError, type Environment } from '@quartermaster/foundation';

/** A configured token: kept as its SHA-256, so that comparing takes the same time whatever was sent. */
export interface Token {
  readonly name: string;
  readonly digest: Buffer;
  readonly isAdmin: boolean;
}

/** What a token must be: so long, and what a header can carry. */
export const MINIMUM_LENGTH = 16;
export const SENDABLE = /^[\x21-\x7e]*$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** The tokens of `AUTH_TOKENS`, `AUTH_TOKEN` and `ADMIN_TOKENS`. Throws a `ConfigError`; no value is ever in it. */
export function parseTokens(environment: Environment): Token[] {
  const entries = (environment['AUTH_TOKENS'] ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry, index) => ({ where: `AUTH_TOKENS entry ${index + 1}`, entry }));
  const short = environment['AUTH_TOKEN']?.trim() ?? '';
  const problems: string[] = [];
  if (short.includes(',')) problems.push('AUTH_TOKEN must not contain a comma');
  if (short !== '') entries.push({ where: 'AUTH_TOKEN', entry: `default:${short}` });
  if (entries.length === 0) {
    throw new ConfigError([
      'AUTH_TOKENS is missing: make a token with `openssl rand -hex 24` and set AUTH_TOKEN to it',
    ]);
  }

  const owners = new Map<string, string>();
  const pairs = entries.map(({ where, entry }) => {
    const colon = entry.indexOf(':');
    const name = entry.slice(0, Math.max(colon, 0));
    const token = entry.slice(colon + 1);
    if (colon < 1 || !NAME.test(name))
      problems.push(`${where} must be name:token, the name of letters, digits, dot, dash`);
    if (token.length < MINIMUM_LENGTH)
      problems.push(`${where} must have a token of ${MINIMUM_LENGTH} characters or more`);
    // What no header could carry would never match.
    if (!SENDABLE.test(token)) problems.push(`${where} must have a token of printable ASCII without white space`);
    const owner = owners.get(token);
    if (owner !== undefined && owner !== name)
      problems.push(`${where} must have a token of its own, not another name's`);
    owners.set(token, name);
    return { name, digest: digestOf(token) };
  });

  const admins = (environment['ADMIN_TOKENS'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const admin of admins) {
    if (!pairs.some(({ name }) => name === admin))
      problems.push(`ADMIN_TOKENS names ${admin}, which is no token of AUTH_TOKENS`);
  }
  if (problems.length > 0) throw new ConfigError(problems);

  const isAdmin = (name: string): boolean =>
    admins.length > 0 ? admins.includes(name) : pairs.length === 1 || name === 'admin';
  return pairs.map((pair) => ({ ...pair, isAdmin: isAdmin(pair.name) }));
}

/** What `METRICS_TOKEN` is among the tokens that open `/metrics`. It is none of the others, so it opens nothing else. */
export function parseMetricsToken(text: string | undefined): Token | undefined {
  return text === undefined ? undefined : { name: 'METRICS_TOKEN', digest: digestOf(text), isAdmin: true };
}

/** The configured token that was sent, if any. Looks at all of them, always. */
export function findToken(tokens: readonly Token[], sent: string): Token | undefined {
  const digest = digestOf(sent);
  let found: Token | undefined;
  for (const token of tokens) if (timingSafeEqual(token.digest, digest)) found ??= token;
  return found;
}

export function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
