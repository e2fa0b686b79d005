import type { Zone } from '@quartermaster/dns';
import { AppError } from '@quartermaster/foundation';
import { isSameHostname, parseRecordRequest, pathHostname } from './record-request';

const ZONES: Zone[] = [{ id: 'Z1', name: 'example.com', is_private: false }];
const bytes = (body: unknown): Buffer => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));

function failureOf(read: () => unknown): AppError {
  try {
    read();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe("a record's body", () => {
  it('gives wish, zone and channel', () => {
    const body = { hostname: 'A.example.com.', ip_address: '10.1.2.3', port: '', type: 'a', slack_channel: '#dns' };
    expect(parseRecordRequest(bytes(body), ZONES)).toEqual({
      wish: { hostname: 'a.example.com', type: 'A', ip_address: '10.1.2.3', ttl: 60 },
      zone: ZONES[0],
      slackChannel: '#dns',
    });
  });

  it('is completed by what the request says elsewhere', () => {
    const complete = (fields: object): object => ({ ...fields, hostname: 'b.example.com' });
    expect(parseRecordRequest(bytes({ ip_address: '10.1.2.3' }), ZONES, complete).wish.hostname).toBe('b.example.com');
  });

  it('has its problems told at once, whoever finds them', () => {
    const body = { hostname: 'a.example.com', ip_address: 'x', slack_channel: 'no channel', bogus: 1, more: 2 };
    const { kind, problems } = failureOf(() => parseRecordRequest(bytes(body), ZONES));
    expect(kind).toBe('invalid');
    expect(problems.map(({ pointer }) => pointer)).toEqual(['/slack_channel', '/bogus', '/more', '/ip_address']);
  });

  it('is first of all a right one: an unknown field weighs more than a name in no zone', () => {
    const body = { hostname: 'a.example.org', ip_address: '10.1.2.3' };
    expect(failureOf(() => parseRecordRequest(bytes(body), ZONES)).code).toBe('no-hosted-zone');
    expect(failureOf(() => parseRecordRequest(bytes({ ...body, bogus: 1 }), ZONES)).problems).toHaveLength(1);
  });

  it.each([['[]'], ['null'], ['"text"'], ['{'], ['']])('that is %s is refused', (body) => {
    expect(failureOf(() => parseRecordRequest(bytes(body), ZONES)).kind).toBe('invalid');
  });
});

describe('the host name of a path', () => {
  it.each([
    ['A.Example.com.', 'a.example.com'],
    ['*.example.com', '*.example.com'],
    ['münchen.example.com', 'xn--mnchen-3ya.example.com'],
  ])('%s is %s', (hostname, kept) => {
    expect(pathHostname({ params: { hostname } })).toBe(kept);
    expect(isSameHostname(hostname, kept)).toBe(true);
  });

  it.each([['a/b'], ['..'], ['a b'], ['']])('%s is refused', (hostname) => {
    expect(failureOf(() => pathHostname({ params: { hostname } })).code).toBe('invalid-hostname');
    expect(isSameHostname(hostname, 'a')).toBe(false);
  });
});
