import { wholeNumber } from './whole-number.js';

it('takes whole numbers within bounds', () => {
  expect([wholeNumber('1'), wholeNumber('007'), wholeNumber('0', 9, 0), wholeNumber('9', 9)]).toEqual([1, 7, 0, 9]);
});

it.each(['', '0', '-1', '1.5', '1e3', ' 1', 'x', '9'.repeat(400)])('refuses %j', (text) => {
  expect(() => wholeNumber(text)).toThrow('must be a whole number, 1 or more');
  expect(() => wholeNumber(text, 9)).toThrow('must be a whole number, 1 to 9');
});
