import { endOfPrefix, keyOfLeft, leftKey, nodeKey, parseRegistration, servicePrefix, WATCHED_RANGE } from './keys';

const node = { ip: '10.0.0.1', port: 80 };

describe("a node's key", () => {
  it('names service, address and port, and has a tombstone of its own', () => {
    expect(nodeKey('api', node)).toBe('service/api/10.0.0.1:80');
    expect(nodeKey('api', { ip: '2001:db8::1', port: 80 })).toBe('service/api/[2001:db8::1]:80');
    expect(leftKey(nodeKey('api', node))).toBe('left/api/10.0.0.1:80');
    expect(keyOfLeft(leftKey(nodeKey('api', node)))).toBe(nodeKey('api', node));
  });

  it.each([
    ['service/api/10.0.0.1:80', '10.0.0.1:80'],
    ['service/api/10.0.0.1', '10.0.0.1:80'],
  ])('%s with %s is read', (key, value) => {
    expect(parseRegistration(key, value)).toEqual({ service: 'api', node });
  });

  it.each([['service/api/[2001:db8::1]:80'], ['service/api/[2001:db8::1]'], ['service/api/2001:db8::1']])(
    '%s is read',
    (key) => {
      expect(parseRegistration(key, '[2001:db8::1]:80')).toEqual({
        service: 'api',
        node: { ip: '2001:db8::1', port: 80 },
      });
    },
  );

  it.each([
    ['service/api/10.0.0.1:80', '10.0.0.1:81'],
    ['service/api/10.0.0.2', '10.0.0.1:80'],
    ['service/api/10.0.0.1:80', ''],
    ['service/api/10.0.0.1:80', '10.0.0.1'],
    ['service/api', '10.0.0.1:80'],
    ['service/api/', '10.0.0.1:80'],
    ['service//10.0.0.1:80', '10.0.0.1:80'],
    ['service/api/x/10.0.0.1:80', '10.0.0.1:80'],
    ['service/a b/10.0.0.1:80', '10.0.0.1:80'],
    ['service/api/engine-1', '10.0.0.1:80'],
  ])('%s with %j is none', (key, value) => expect(parseRegistration(key, value)).toBeUndefined());
});

describe('ranges', () => {
  const covers = (start: string, end: string, key: string): boolean => key >= start && key < end;

  it('of a service hold its keys, and none of one whose name begins alike', () => {
    const prefix = servicePrefix('api');
    expect(covers(prefix, endOfPrefix(prefix), nodeKey('api', node))).toBe(true);
    expect(covers(prefix, endOfPrefix(prefix), nodeKey('api-v2', node))).toBe(false);
    expect(covers(prefix, endOfPrefix(prefix), nodeKey('api.v2', node))).toBe(false);
  });

  it('of the watch hold nodes, tombstones and events', () => {
    const { start, end } = WATCHED_RANGE;
    const keys = [nodeKey('api', node), leftKey(nodeKey('api', node)), 'event/1', 'service/~'];
    expect(keys.every((key) => covers(start, end, key))).toBe(true);
    expect(['/registry/x', 'config/x', 'services', 'zoo'].some((key) => covers(start, end, key))).toBe(false);
  });
});
