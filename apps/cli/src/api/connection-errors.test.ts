import { isBroken, isRefused, reasonOf } from './connection-errors.js';

const wrapped = (code: string): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(`connect ${code}`), { code }) });

it.each([
  ['ECONNREFUSED', 'connection refused', true, false],
  ['ENOTFOUND', 'there is no such host', true, false],
  ['ECONNRESET', 'the connection was cut', false, true],
  ['UND_ERR_SOCKET', 'the connection was cut', false, true],
  ['CERT_HAS_EXPIRED', 'its certificate has expired', true, false],
  ['CERT_NOT_YET_VALID', 'TLS fails (CERT_NOT_YET_VALID)', true, false],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS: its address may be http://, not https://', true, false],
  ['HPE_INVALID_CONSTANT', 'what answers there does not speak HTTP', false, false],
])('knows %s', (code, words, refused, broken) => {
  const error = wrapped(code);
  expect([reasonOf(error), isRefused(error), isBroken(error)]).toEqual([words, refused, broken]);
});

it('looks into the several attempts of a host with several addresses', () => {
  const errors = [Object.assign(new Error('connect ECONNREFUSED ::1'), { code: 'ECONNREFUSED' })];
  expect(reasonOf(new TypeError('fetch failed', { cause: new AggregateError(errors) }))).toBe('connection refused');
});

it('has the words of an error that it does not know', () => {
  expect(reasonOf(new TypeError('fetch failed', { cause: new Error('odd words.') }))).toBe('odd words');
  expect(reasonOf(new Error('odd'))).toBe('Error: odd');
});

it('knows ports that fetch does not open', async () => {
  const error: unknown = await fetch('http://127.0.0.1:9').catch((reason: unknown) => reason);
  expect([reasonOf(error), isRefused(error)]).toEqual([expect.stringMatching(/^fetch opens no connection/), true]);
});
