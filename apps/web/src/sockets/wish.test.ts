import { AppError } from '@quartermaster/foundation';
import { isSocketPath, parseWish, type SocketPath } from './wish';

function wishOf(path: SocketPath, query: string): unknown {
  return parseWish(path, new URLSearchParams(query));
}

function problemsOf(path: SocketPath, query: string): string[] {
  try {
    wishOf(path, query);
  } catch (error) {
    return (error as AppError).problems.map(({ parameter }) => parameter ?? '').sort();
  }
  return [];
}

describe('what a socket is opened for', () => {
  it('knows its two paths', () => {
    expect(['/etcd/register', '/etcd/monitor', '/etcd/event', '/etcd/monitor/x'].map(isSocketPath)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('a registration follows its own service first, each service once', () => {
    expect(wishOf('/etcd/register', 'service=api&ip=10.0.0.1&port=80&monitor=db,,api,%20db&since=7&ticket=x')).toEqual({
      services: ['api', 'db'],
      since: 7,
      registers: { service: 'api', node: { ip: '10.0.0.1', port: 80 } },
    });
    expect(wishOf('/etcd/register', 'service=api&ip=[2001:DB8:0::1]&port=80&monitor=')).toMatchObject({
      services: ['api'],
      since: undefined,
      registers: { node: { ip: '2001:db8::1' } },
    });
  });

  it('a monitor follows what it names; of a repeated parameter the first counts', () => {
    expect(wishOf('/etcd/monitor', 'monitor=a,b&monitor=c')).toEqual({ services: ['a', 'b'], since: undefined });
    expect(wishOf('/etcd/monitor', 'monitor=a&since=')).toEqual({ services: ['a'], since: undefined });
  });

  it('names every parameter that is wrong', () => {
    expect(problemsOf('/etcd/register', '')).toEqual(['ip', 'port', 'service']);
    expect(problemsOf('/etcd/register', 'service=a/b&ip=localhost&port=0&monitor=*&since=x')).toEqual([
      'ip',
      'monitor',
      'port',
      'service',
      'since',
    ]);
    expect(problemsOf('/etcd/monitor', 'monitor=,')).toEqual(['monitor']);
  });
});
