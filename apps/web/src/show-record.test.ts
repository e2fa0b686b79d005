import type { RecordSet } from '@quartermaster/dns';
import { recordHref, toAnswer } from './show-record';

const set = (type: string, value: string): RecordSet => ({
  name: 'a.x',
  type,
  ttl: 60,
  values: [value],
  is_special: false,
});
const error = { kind: 'conflict', code: 'foreign-record', message: 'Somebody else’s record is there.' } as const;

describe('a record in an answer', () => {
  it('has a port only where it is a service', () => {
    const service = { hostname: 'a.x', type: 'SRV', ip_address: 'b.x', port: 80, ttl: 60, status: 'INSYNC' };
    expect(toAnswer({ set: set('SRV', '1 1 80 b.x'), status: 'INSYNC' })).toEqual(service);
    expect(toAnswer({ set: set('A', '10.1.2.3'), status: 'PENDING' })).not.toHaveProperty('port');
  });

  it('tells what failed, and only then', () => {
    const { code, message } = error;
    expect(toAnswer({ set: set('A', '10.1.2.3'), status: 'FAILED', error })).toMatchObject({
      error: { code, message },
    });
    expect(toAnswer({ set: set('A', '10.1.2.3'), status: 'PENDING', error })).not.toHaveProperty('error');
  });

  it('has an address that can stand in a header', () => {
    expect(recordHref('*.a_b.x')).toBe('/record/*.a_b.x');
  });
});
