import { hashToken, isTokenOf, makeToken, NOBODYS_HASH } from './account-token';
import { createTokenCheck } from './token-check';

const tick = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('a kept token', () => {
  it('is a hash that only the token matches, another one every time', async () => {
    const token = makeToken();
    expect(token).toMatch(/^[A-Za-z0-9_-]{32}$/);
    const [first, second] = await Promise.all([hashToken(token), hashToken(token)]);
    expect(first).toMatch(/^scrypt\$16384\$8\$1\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$/);
    expect(first).not.toBe(second);
    expect([await isTokenOf(first, token), await isTokenOf(second, token)]).toEqual([true, true]);
    expect(await isTokenOf(first, `${token}x`)).toBe(false);
    expect(await isTokenOf(NOBODYS_HASH, '')).toBe(false);
    await expect(isTokenOf('plain', token)).rejects.toThrow('unknown form');
  });

  it('may be hashed at another cost than today’s', async () => {
    // scrypt('password', 'NaCl') of RFC 7914, with its N=1024, r=8, p=16.
    const key =
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640';
    const toBase64 = (text: string, encoding: BufferEncoding): string => Buffer.from(text, encoding).toString('base64');
    const hash = `scrypt$1024$8$16$${toBase64('NaCl', 'utf8')}$${toBase64(key, 'hex')}`;
    expect([await isTokenOf(hash, 'password'), await isTokenOf(hash, 'Password')]).toEqual([true, false]);
  });
});

describe('the check of tokens', () => {
  const counting = (): { verify: (hash: string, token: string) => Promise<boolean>; asked: string[] } => {
    const asked: string[] = [];
    return { asked, verify: (hash, token) => Promise.resolve(asked.push(`${hash} ${token}`) > 0 && token === 'right') };
  };

  it('works once for a right token and its hash, each time for a wrong one', async () => {
    const { verify, asked } = counting();
    const check = createTokenCheck({ verify });
    expect([await check('h1', 'right'), await check('h1', 'right')]).toEqual([true, true]);
    expect(asked).toEqual(['h1 right']);
    expect([await check('h1', 'wrong'), await check('h1', 'wrong')]).toEqual([false, false]);
    await check('h2', 'right');
    expect(asked).toEqual(['h1 right', 'h1 wrong', 'h1 wrong', 'h2 right']);
  });

  it('forgets what was used longest ago', async () => {
    const { verify, asked } = counting();
    const check = createTokenCheck({ verify, remembered: 2 });
    for (const hash of ['h1', 'h2', 'h1', 'h3', 'h1', 'h2']) await check(hash, 'right');
    expect(asked.map((one) => one.slice(0, 2))).toEqual(['h1', 'h2', 'h3', 'h2']);
  });

  it('does a few at a time, has some wait, and refuses more than these', async () => {
    const ends: (() => void)[] = [];
    const check = createTokenCheck({
      verify: () => new Promise((resolve) => void ends.push(() => resolve(true))),
      most: 2,
      mostWaiting: 1,
    });
    const first = [check('h', 'a'), check('h', 'b'), check('h', 'c')];
    await tick();
    expect(ends).toHaveLength(2);
    await expect(check('h', 'd')).rejects.toMatchObject({ code: 'too-many-logins', retryAfterSeconds: 2 });
    ends[0]?.();
    await tick();
    expect(ends).toHaveLength(3);
    ends[1]?.();
    ends[2]?.();
    expect(await Promise.all(first)).toEqual([true, true, true]);
    const after = check('h', 'e');
    await tick();
    ends[3]?.();
    expect(await after).toBe(true);
  });

  it('goes on after one that went wrong', async () => {
    let count = 0;
    const verify = (): Promise<boolean> =>
      (count += 1) === 1 ? Promise.reject(new Error('no memory')) : Promise.resolve(true);
    const check = createTokenCheck({ verify, most: 1 });
    const asked = [check('h', 'a'), check('h', 'b')];
    await expect(asked[0]).rejects.toThrow('no memory');
    expect(await asked[1]).toBe(true);
  });
});
