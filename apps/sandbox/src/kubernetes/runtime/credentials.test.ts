import { pbkdf2Sync } from 'node:crypto';
import { createVerify, isPassword } from './credentials';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const hashed = `-pbkdf2-${pbkdf2Sync('secret', 'abcdef', 10, 20, 'sha1').toString('hex')},abcdef,10`;

describe('an administrator', () => {
  it('is known by a password kept clear or hashed, again and again', () => {
    const verify = createVerify({ clear: 'pass:word', hidden: hashed });
    for (let times = 0; times < 2; times += 1) {
      expect(verify(basic('clear:pass:word'))).toBe('clear');
      expect(verify(basic('hidden:secret'))).toBe('hidden');
      expect(verify(basic('hidden:secret2'))).toBeUndefined();
    }
  });

  it('is not anybody else', () => {
    const verify = createVerify({ ann: 'pw' });
    for (const header of [
      undefined,
      '',
      'Bearer pw',
      basic('ann'),
      basic(':pw'),
      basic('toString:pw'),
      basic('bob:pw'),
    ]) {
      expect(verify(header)).toBeUndefined();
    }
  });
});

it('a hash is as CouchDB makes it', () => {
  // Made by pouchdb-server, of the password `secretpw`.
  const made = '-pbkdf2-c65dcdf7957234ef840989aae168f8ef1dd94dbb,1861ab1a11931b21bd1411791ca10e17e1921e01ce17e17c,10';
  expect(isPassword('secretpw', made)).toBe(true);
  expect(isPassword('secretpv', made)).toBe(false);
  expect(isPassword(made, made)).toBe(false);
});
