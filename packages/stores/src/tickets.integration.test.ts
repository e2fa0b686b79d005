import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createTickets, TICKET_SECONDS } from './tickets';

let test: TestRedis;
beforeAll(async () => {
  test = await openTestRedis();
});
afterAll(() => test.close());

describe('tickets', () => {
  it('are good once, whoever asks first', async () => {
    const tickets = createTickets(test.redis, test.keys);
    const ticket = await tickets.issue('browser');
    const answers = await Promise.all(Array.from({ length: 10 }, () => tickets.redeem(ticket)));
    expect(answers.filter((name) => name === 'browser')).toHaveLength(1);
    expect(answers.filter((name) => name === undefined)).toHaveLength(9);
    expect(await tickets.redeem('made-up')).toBeUndefined();
  });

  it('end by themselves, and Redis never holds them in clear', async () => {
    const tickets = createTickets(test.redis, test.keys);
    const askedAt = Date.now();
    const ticket = await tickets.issue('browser');
    const [key = ''] = await test.redis.keys(`${test.config.REDIS_PREFIX}:ticket:*`);
    expect(key).not.toContain(ticket);
    expect(await test.redis.get(key)).toBe('browser');
    const ttl = await test.redis.ttl(key);
    const passed = Math.ceil((Date.now() - askedAt) / 1000);
    expect(ttl).toBeGreaterThanOrEqual(TICKET_SECONDS - passed - 1);
    expect(ttl).toBeLessThanOrEqual(TICKET_SECONDS);
  });
});
