import { accountWords } from './couchdb-api.js';

it('repeats the account so that it can be typed', () => {
  expect(accountWords({})).toBe('');
  expect(accountWords({ account: 'ann', accountTokenFile: '/run/my secrets/ann' })).toBe(
    " --account ann --account-token-file '/run/my secrets/ann'",
  );
  expect(accountWords({ account: 'ann', accountTokenFile: '-' })).toBe(' --account ann');
});
