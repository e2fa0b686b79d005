import { hashCouchPassword, verifyCouchPassword } from './password.js';

it.each([
  // RFC 6070, in CouchDB's form.
  ['-pbkdf2-0c60c80f961f0e71f3a9b524af6012062fe037a6,salt,1'],
  ['-pbkdf2-ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957,salt,2'],
  ['-pbkdf2-4b007901b765489abead49d926f721d065a429c1,salt,4096'],
])('the known answer %s is verified by its password alone', (hash) => {
  expect(verifyCouchPassword(hash, 'password')).toBe(true);
  expect(verifyCouchPassword(hash, 'passwore')).toBe(false);
});

it('the salt’s digits are what is salted with, in UTF-8', () => {
  const salt = '88b2a6274f9ebeb3e2928a86382590ec';
  expect(verifyCouchPassword(`-pbkdf2-515d6a879832819863e12475ad0bb6f03abb7f8e,${salt},10`, 'mysecret')).toBe(true);
  expect(verifyCouchPassword(`-pbkdf2-e8bbd541eb2bbb0f6a1aaddfea46f91d5df3b4b3,${salt},10`, 'pässwörd')).toBe(true);
});

it('a hash is in CouchDB’s form, and says how many rounds it took', () => {
  expect(hashCouchPassword('Ty5wvW7LuQ3T')).toMatch(/^-pbkdf2-[0-9a-f]{40},[0-9a-f]{32},1000$/);
  expect(hashCouchPassword('Ty5wvW7LuQ3T', 10)).toMatch(/,10$/);
});

it.each(['Ty5wvW7LuQ3T', 'pässwörd ☂', 'a,b,c', ' '])('the hash of %j is verified by it alone', (password) => {
  const hash = hashCouchPassword(password, 10);
  expect(verifyCouchPassword(hash, password)).toBe(true);
  expect(verifyCouchPassword(hash, `${password} `)).toBe(false);
  expect(hash).not.toContain(password);
});

it('the same password never has the same hash twice', () => {
  expect(hashCouchPassword('Ty5wvW7LuQ3T', 1)).not.toBe(hashCouchPassword('Ty5wvW7LuQ3T', 1));
});

it.each(['', 'clear', '-hashed-ab,cd', '-pbkdf2-', '-pbkdf2-zz,salt,10', `-pbkdf2-${'0'.repeat(40)},salt,0`])(
  '%j is no hash that anything verifies',
  (hash) => expect(verifyCouchPassword(hash, hash)).toBe(false),
);
