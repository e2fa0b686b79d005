import { authenticate, authorize, type Access, type Caller } from './authenticate';
import { digestOf, parseTokens } from './tokens';

const T = 'one-token-0123456789';
const ADMIN = 'admin-token-0123456789';
const tokens = parseTokens({ AUTH_TOKENS: `one:${T},admin:${ADMIN}` });

function codeOf(header: string | undefined, access: Exclude<Access, 'account'>): string {
  try {
    const caller = authenticate(header, access, tokens);
    authorize(caller, access);
    return caller.name;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

describe('a token as the password', () => {
  it('opens what takes it, whoever the user', () => {
    for (const text of [`me:${T}`, `:${T}`]) expect(codeOf(basic(text), 'token-or-password')).toBe('one');
    expect(codeOf(`token ${T}`, 'token-or-password')).toBe('one');
  });

  it('is asked for again where it is wrong, and opens nothing else', () => {
    expect(codeOf(basic('me:wrong'), 'token-or-password')).toBe('authentication-required');
    expect(codeOf('token wrong', 'token-or-password')).toBe('unknown-token');
    for (const access of ['token', 'admin', 'metrics'] as const)
      expect(codeOf(basic(`me:${T}`), access)).toBe('unknown-token');
  });
});

describe('authenticate', () => {
  it.each([`token ${T}`, `token=${T}`, `Bearer ${T}`, `bearer ${T}`, `Token ${T}`])('takes %s', (header) => {
    expect(codeOf(header, 'token')).toBe('one');
    expect(codeOf(header, 'token-or-build')).toBe('one');
    expect(codeOf(header, 'admin')).toBe('admin-only');
  });

  it.each(['x', `Bearer=${T}`, `token  ${T}`, ` token ${T}`, `token ${T} `, `token ${T}\n`, basic(`x:${T}`), basic(T)])(
    'refuses %j',
    (header) => expect(codeOf(header, 'token')).toBe('unknown-token'),
  );

  it('tells a missing header from a wrong one', () => {
    expect([undefined, '', 'token'].map((header) => codeOf(header, 'token'))).toEqual([
      'authentication-required',
      'authentication-required',
      'unknown-token',
    ]);
  });

  it('asks nobody on public paths, and admins where it matters', () => {
    expect(codeOf('token wrong', 'public')).toBe('public');
    expect(authenticate(`token ${ADMIN}`, 'admin', tokens)).toEqual({ kind: 'token', name: 'admin', isAdmin: true });
  });

  it("reads a build's credential where a route takes it, as its hash", () => {
    const expected: Caller = {
      kind: 'build',
      name: 'build',
      isAdmin: false,
      secretHash: digestOf('se:cret').toString('hex'),
    };
    expect(authenticate(basic('x:se:cret'), 'token-or-build', tokens)).toEqual(expected);
    for (const text of ['x:', 'y:secret', 'secret', ':secret', `x${'y'.repeat(400)}`]) {
      expect(codeOf(basic(text), 'token-or-build')).toBe('unknown-token');
    }
  });
});
