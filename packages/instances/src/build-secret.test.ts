import { buildSecret, hashSecret } from './build-secret.js';

describe('a build’s secret', () => {
  it('is HMAC-SHA256 (RFC 4231, test case 2) in hex', () => {
    expect(buildSecret('what do ya want for nothing?', 'Jefe')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('is the same for the same build, another for another build or key', () => {
    expect(buildSecret('b1', 'key')).toBe(buildSecret('b1', 'key'));
    expect(new Set([buildSecret('b1', 'key'), buildSecret('b2', 'key'), buildSecret('b1', 'key2')]).size).toBe(3);
  });

  it('is kept as its SHA-256', () => {
    expect(hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
