import { ConfigError } from '@quartermaster/foundation';
import { findToken, parseTokens } from './tokens';

const A = 'a-token-of-at-least-16';
const B = 'b-token:with-a-colon=and+more';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseTokens(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('tokens', () => {
  it('are name:token, split at the first colon, white space around them ignored', () => {
    const tokens = parseTokens({ AUTH_TOKENS: ` one:${A} , two:${B},, ` });
    expect(tokens.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(findToken(tokens, B)?.name).toBe('two');
    expect(findToken(tokens, `two:${B}`)).toBeUndefined();
    expect(findToken(tokens, '')).toBeUndefined();
  });

  it('may be one, short for default', () => {
    const tokens = parseTokens({ AUTH_TOKEN: A });
    expect(tokens).toEqual([expect.objectContaining({ name: 'default', isAdmin: true })]);
    expect(JSON.stringify(tokens)).not.toContain(A);
  });

  it('may be several of one name, for a change of token', () => {
    const tokens = parseTokens({ AUTH_TOKENS: `ci:${A},ci:${B}` });
    expect([findToken(tokens, A)?.name, findToken(tokens, B)?.name]).toEqual(['ci', 'ci']);
  });

  it.each([
    ['the only one', { AUTH_TOKENS: `one:${A}` }, ['one']],
    ['the one named admin of several', { AUTH_TOKENS: `one:${A},admin:${B}` }, ['admin']],
    ['none of several where none is named admin', { AUTH_TOKENS: `one:${A},two:${B}` }, []],
    ['those of ADMIN_TOKENS', { AUTH_TOKENS: `admin:${A},two:${B}`, ADMIN_TOKENS: ' two ' }, ['two']],
    ['those of ADMIN_TOKENS also where there is one', { AUTH_TOKEN: A, ADMIN_TOKENS: 'default' }, ['default']],
  ])('are admin: %s', (_which, environment, names) => {
    const admins = parseTokens(environment).filter(({ isAdmin }) => isAdmin);
    expect(admins.map(({ name }) => name)).toEqual(names);
  });

  it('are all needed: without one it is said how to make it', () => {
    expect(problemsOf({})).toEqual([expect.stringContaining('openssl rand -hex 24')]);
    expect(problemsOf({ AUTH_TOKENS: ' , ', AUTH_TOKEN: ' ' })).toHaveLength(1);
  });

  it.each([
    [{ AUTH_TOKEN: 'fifteen-bytes-x' }, /^AUTH_TOKEN must have a token of 16 characters/],
    [{ AUTH_TOKEN: `${A},${B}` }, /^AUTH_TOKEN must not contain a comma/],
    [{ AUTH_TOKENS: `one:${A},two:short` }, /^AUTH_TOKENS entry 2 .* 16 characters/],
    [{ AUTH_TOKENS: A }, /^AUTH_TOKENS entry 1 must be name:token/],
    [{ AUTH_TOKENS: `:${A}` }, /^AUTH_TOKENS entry 1 must be name:token/],
    [{ AUTH_TOKENS: 'one:has blanks 0123456789' }, /^AUTH_TOKENS entry 1 .*without white space/],
    [{ AUTH_TOKENS: 'one:ünsendable-0123456789' }, /^AUTH_TOKENS entry 1 .*printable ASCII/],
    [{ AUTH_TOKENS: `one:${A},two:${A}` }, /^AUTH_TOKENS entry 2 .*of its own/],
    [{ AUTH_TOKENS: `one:${A}`, ADMIN_TOKENS: 'two' }, /^ADMIN_TOKENS names two/],
  ])('are refused: %j', (environment, problem) => {
    const problems = problemsOf(environment);
    expect(problems).toEqual([expect.stringMatching(problem)]);
    for (const hidden of [A, B, 'has blanks', 'ünsendable', 'short']) expect(problems.join()).not.toContain(hidden);
  });
});
