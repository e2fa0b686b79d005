import { AppError } from '@quartermaster/foundation';
import type { Zone } from './record.js';
import { parseWish, showRecord, toRecordSet, type WishFields } from './wish.js';

const ZONES: Zone[] = [
  { id: 'Z1', name: 'example.com', is_private: false },
  { id: 'Z2', name: 'sparkles.cluster', is_private: true },
];
const parse = (fields: WishFields) => parseWish(fields, ZONES);
const wishOf = (fields: WishFields) => parse({ hostname: 'a.example.com', ...fields }).wish;

function errorOf(fields: WishFields): AppError {
  try {
    parse(fields);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a wish', () => {
  it('has defaults as panda-kick had them', () => {
    const fields = { ip_address: '10.1.2.3', port: '8080', type: '' };
    expect(parse({ ...fields, hostname: 'Test.sparkles.cluster.' })).toEqual({
      zone: ZONES[1],
      wish: { hostname: 'test.sparkles.cluster', type: 'SRV', ip_address: '10.1.2.3', port: 8080, ttl: 60 },
    });
    expect(parse({ ...fields, hostname: 'a.example.com' }).wish).toEqual({
      hostname: 'a.example.com',
      type: 'A',
      ip_address: '10.1.2.3',
      ttl: 60,
    });
    expect(parse({ ip_address: '10.1.2.3', port: '', hostname: 'test.sparkles.cluster' }).wish.type).toBe('A');
  });

  it.each<[WishFields, string, string]>([
    [{ type: 'A', ip_address: ' 10.1.2.3 ' }, '10.1.2.3', '10.1.2.3'],
    [{ type: 'aaaa', ip_address: 'FD00:0:0::0:1' }, 'fd00::1', 'fd00::1'],
    [{ type: 'CNAME', ip_address: 'Target.Example.com.' }, 'target.example.com', 'target.example.com'],
    [{ type: 'SRV', port: 1, ip_address: 'host.example.com' }, 'host.example.com', '1 1 1 host.example.com'],
    [{ type: 'SRV', port: '65535', ip_address: '10.1.2.3' }, '10.1.2.3', '1 1 65535 10.1.2.3'],
    [{ type: 'TXT', ip_address: 'say "hi" \\o/' }, 'say "hi" \\o/', '"say \\"hi\\" \\\\o/"'],
    [{ type: 'TXT', ip_address: 'ü' }, 'ü', '"\\303\\274"'],
    [{ type: 'TXT', ip_address: ' a ' }, ' a ', '" a "'],
    [{ type: 'TXT', ip_address: 'x'.repeat(256) }, 'x'.repeat(256), `"${'x'.repeat(255)}" "x"`],
  ])('%j stands in the zone in Route 53’s spelling and comes back as it was', (fields, value, spelled) => {
    const wish = wishOf({ ...fields, ttl: '300' });
    expect([wish.ip_address, wish.ttl]).toEqual([value, 300]);
    const set = toRecordSet(wish);
    expect(set).toEqual({ name: 'a.example.com', type: wish.type, ttl: 300, values: [spelled], is_special: false });
    expect(showRecord(set)).toEqual(wish);
  });

  it('takes an underscore and a wildcard where they belong', () => {
    expect(wishOf({ hostname: '_dmarc.example.com', type: 'TXT', ip_address: 'v=DMARC1' }).hostname).toBe(
      '_dmarc.example.com',
    );
    expect(wishOf({ hostname: '*.example.com', ip_address: '10.0.0.1' }).hostname).toBe('*.example.com');
  });
});

describe('a wish is refused', () => {
  it.each<[WishFields, string, RegExp]>([
    [{ type: 'A', ip_address: 'fd00::1' }, '/ip_address', /IPv4/],
    [{ type: 'A', ip_address: '010.1.2.3' }, '/ip_address', /IPv4/],
    [{ type: 'A', ip_address: '10.1.2' }, '/ip_address', /IPv4/],
    [{ type: 'AAAA', ip_address: '10.1.2.3' }, '/ip_address', /IPv6/],
    [{ type: 'AAAA', ip_address: 'fe80::1%eth0' }, '/ip_address', /IPv6/],
    [{ type: 'CNAME', ip_address: '10.1.2.3' }, '/ip_address', /host name.*number/],
    [{ type: 'CNAME', ip_address: '*.example.com' }, '/ip_address', /no \*/],
    [{ type: 'SRV', ip_address: '10.1.2.3' }, '/port', /port/],
    [{ type: 'SRV', ip_address: '10.1.2.3', port: 0 }, '/port', /1 to 65535/],
    [{ type: 'SRV', ip_address: '10.1.2.3', port: '65536' }, '/port', /1 to 65535/],
    [{ type: 'SRV', ip_address: 'fd00::1', port: 1 }, '/ip_address', /IPv4/],
    [{ type: 'TXT', ip_address: 'a\nb' }, '/ip_address', /control/],
    [{ type: 'TXT', ip_address: '\ud800' }, '/ip_address', /half a character/],
    [{ type: 'TXT', ip_address: 'ü'.repeat(600) }, '/ip_address', /too long/],
    [{ type: 'MX', ip_address: '10.1.2.3' }, '/type', /one of A, AAAA/],
    [{ ip_address: '10.1.2.3', ttl: -1 }, '/ttl', /0 to 2147483647/],
    [{ ip_address: '10.1.2.3', ttl: 2_147_483_648 }, '/ttl', /0 to 2147483647/],
    [{ ip_address: '10.1.2.3', ttl: '1.5' }, '/ttl', /whole number/],
    [{ ip_address: '10.1.2.3', zone: 'Z9' }, '/zone', /no zone/],
    [{ hostname: '_a.example.com', ip_address: '10.1.2.3' }, '/hostname', /underscore.*SRV, TXT and CNAME/],
    [{ hostname: 'example.com', type: 'CNAME', ip_address: 'b.example.com' }, '/type', /no CNAME/],
    [{ hostname: 7, ip_address: '10.1.2.3' }, '/hostname', /string/],
    [{}, '/ip_address', /value is needed/],
    [{ ip_address: ['10.1.2.3'] }, '/ip_address', /must be a string/],
    [{ hostname: ['a.example.com'], ip_address: '10.1.2.3' }, '/hostname', /must be a string/],
    [{ type: ['A'], ip_address: '10.1.2.3' }, '/type', /must be a string/],
    [{ type: { toString: 1 }, ip_address: 'x' }, '/type', /must be a string/],
    [{ zone: ['Z1'], ip_address: '10.1.2.3' }, '/zone', /must be a string/],
    [{ zone: {}, ip_address: '10.1.2.3' }, '/zone', /must be a string/],
    [{ port: [1], ip_address: '10.1.2.3' }, '/port', /string or a number/],
    [{ ttl: [60], ip_address: '10.1.2.3' }, '/ttl', /string or a number/],
    [{ type: true, ip_address: '10.1.2.3' }, '/type', /must be a string/],
  ])('%j, with the field and the reason', (fields, pointer, detail) => {
    const error = errorOf({ hostname: 'a.example.com', ...fields });
    expect(error).toMatchObject({ kind: 'invalid', code: 'invalid-record' });
    expect(error.problems).toEqual([{ pointer, detail: expect.stringMatching(detail) as string }]);
  });

  it('with all its problems at once', () => {
    const fields = { hostname: 'a b', type: 'SRV', ip_address: 'x y', port: 'z', ttl: 'never' };
    const pointers = errorOf(fields).problems.map(({ pointer }) => pointer);
    expect(new Set(pointers)).toEqual(new Set(['/hostname', '/ip_address', '/port', '/ttl']));
  });

  it('as unprocessable where no zone holds its name', () => {
    expect(errorOf({ hostname: 'notexample.com', ip_address: '10.1.2.3' })).toMatchObject({
      kind: 'unprocessable',
      code: 'no-hosted-zone',
    });
  });
});
