import { isCidr } from './cidr.js';

it.each(['10.0.0.0/8', '0.0.0.0/0', '192.168.1.1/32', 'fd00::/8', '::/128'])('takes %s', (text) => {
  expect(isCidr(text)).toBe(true);
});

it.each(['', '10.0.0.0', '10.0.0/8', '10.0.0.0/33', '::/129', '10.0.0.0/8/8', '10.0.0.0/', '/8', '10.0.0.0/x'])(
  'refuses %p',
  (text) => {
    expect(isCidr(text)).toBe(false);
  },
);
