import { ago, parseDuration, spanOf } from './time.js';

it.each([
  [0, '0s'],
  [59.6, '1m'],
  [61, '1m 1s'],
  [3600, '1h'],
  [3661, '1h 1m'],
  [90_061, '1d 1h'],
  [-5, '0s'],
])('shows %d seconds as %s', (seconds, text) => {
  expect(spanOf(seconds)).toBe(text);
});

it('shows how long ago something was', () => {
  expect([ago('2026-11-20T10:00:00Z', Date.parse('2026-11-20T10:03:02Z')), ago(undefined, 0)]).toEqual([
    '3m 2s ago',
    '',
  ]);
});

it.each([
  ['90', 90_000],
  ['90s', 90_000],
  ['10m', 600_000],
  ['1.5h', 5_400_000],
  ['2w', 1_209_600_000],
  ['250ms', 250],
])('takes %s as a time', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each(['', 'soon', '-1s', '1y', '10 m s'])('refuses %p as a time', (text) => {
  expect(() => parseDuration(text)).toThrow('must be a time like 90s, 10m or 1.5h');
});
