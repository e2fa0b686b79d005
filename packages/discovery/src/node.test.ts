import { canonicalIp, formatAddress, isServiceName, parseAddress, parsePort } from './node';

describe('an address', () => {
  it.each([
    ['10.0.0.1:80', { ip: '10.0.0.1', port: 80 }],
    ['[2001:db8::1]:65535', { ip: '2001:db8::1', port: 65_535 }],
    ['[2001:DB8:0:0::1]:1', { ip: '2001:db8::1', port: 1 }],
  ])('%s is read, and written in its one spelling', (text, node) => {
    expect(parseAddress(text)).toEqual(node);
    expect(parseAddress(formatAddress(node))).toEqual(node);
  });

  it.each([
    ['10.0.0.1'],
    ['10.0.0.1:0'],
    ['10.0.0.1:65536'],
    ['10.0.0.1:080'],
    ['10.0.0.1:80 '],
    ['10.0.0:80'],
    ['01.0.0.1:80'],
    ['2001:db8::1:80'],
    ['[10.0.0.1:80'],
    ['[fe80::1%eth0]:80'],
    ['host:80'],
    [':80'],
    [''],
  ])('%j is none', (text) => expect(parseAddress(text)).toBeUndefined());

  it.each([
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::FFFF:10.0.0.1', '::ffff:a00:1'],
    ['256.0.0.1', undefined],
    ['', undefined],
  ])('%j is spelled %j', (text, ip) => expect(canonicalIp(text)).toBe(ip));

  it('has a port of 1 to 65535', () => {
    expect(['1', '65535', '0', '65536', '-1', '1e3', '', '123456'].map(parsePort)).toEqual([
      1,
      65_535,
      ...Array<undefined>(6),
    ]);
  });
});

describe('a service', () => {
  it('has a name that is safe in keys, URLs and lists', () => {
    expect(['api', 'api-v2', 'a.b_c', '9', 'a'.repeat(63)].every(isServiceName)).toBe(true);
    expect(['', '*', 'a/b', 'a,b', 'a b', '-a', '.', 'a'.repeat(64), 'ä'].some(isServiceName)).toBe(false);
  });
});
