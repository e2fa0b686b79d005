import { parseHostname } from './hostname.js';

const label = (length: number): string => 'a'.repeat(length);
const long = (length: number): string => `${label(63)}.${label(63)}.${label(63)}.${label(length - 192)}`;

describe('a host name is accepted', () => {
  it.each([
    ['www.example.com', 'www.example.com'],
    ['www.example.com.', 'www.example.com'],
    ['WWW.Example.COM', 'www.example.com'],
    ['*.example.com', '*.example.com'],
    ['_http._tcp.example.com', '_http._tcp.example.com'],
    ['localhost', 'localhost'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['ａｂ.example', 'ab.example'],
    ['faß.example', 'xn--fa-hia.example'],
    ['1.2.3.4.example', '1.2.3.4.example'],
    ['ab--cd.example', 'ab--cd.example'],
    [`${label(63)}.example`, `${label(63)}.example`],
    [long(253), long(253)],
    [`${long(253)}.`, long(253)],
  ])('%j as %j', (text, hostname) => {
    expect(parseHostname(text)).toEqual({ hostname });
  });
});

describe('a host name is refused with the reason', () => {
  it.each([
    ['', /empty/],
    ['.', /empty/],
    ['a..example.com', /two dots/],
    ['example.com..', /two dots/],
    ['.example.com', /begins with a dot/],
    ['a b.example.com', /space/],
    [' example.com', /space/],
    ['a\u00a0b.example.com', /space/],
    ['a\nb.example.com', /line break/],
    ['example.com\r\n', /line break/],
    ['a\tb.example.com', /control/],
    ['a\u0000.example.com', /control.*U\+0000/],
    ['a\u200db.example.com', /invisible.*U\+200D/],
    ['exa\u00admple.com', /invisible/],
    ['\u202ecom.example', /invisible/],
    ['a/b.example.com', /slash/],
    ['../../hostedzone', /slash|dot/],
    ['a\\052.example.com', /backslash/],
    ['"a".example.com', /quotation mark/],
    ["a'b.example.com", /quotation mark/],
    ['a%2eb.example.com', /percent/],
    ['%41.example.com', /percent/],
    ['a:80.example.com', /colon/],
    ['user@example.com', /@/],
    ['<b>.example.com', /character </],
    ['${jndi}.example.com', /character \$/],
    ['a。example.com', /for a dot/],
    ['a．example.com', /for a dot/],
    ['a.*.example.com', /\*.*leftmost/],
    ['a*.example.com', /\*.*leftmost/],
    ['**.example.com', /\*.*leftmost/],
    ['-a.example.com', /hyphen/],
    ['a-.example.com', /hyphen/],
    ['xn--a.example', /international/],
    ['xn--.example', /international/],
    ['xn--zzzzzz--.example', /international/],
    ['xn--ü.example', /international/],
    ['⒈.example', /international/],
    ['a….example', /international/],
    ['10.1.2.3', /number/],
    ['0x7f.1', /number/],
    ['１２７.１', /number/],
    [`${label(64)}.example`, /64 characters.*63/],
    [`${'ü'.repeat(60)}.example`, /66 characters.*63/],
    [long(254), /254 characters.*253/],
    [long(255), /255 characters.*253/],
  ])('%j', (text, reason) => {
    expect(parseHostname(text)).toEqual({ problem: expect.stringMatching(reason) as string });
  });
});
