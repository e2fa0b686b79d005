import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createRingBoard } from './ring-board.js';

let test: TestRedis;
beforeEach(async () => {
  test = await openTestRedis();
});
afterEach(() => test.close());

it('a ring is shown as it was seen last, until nobody has seen it for 5 minutes', async () => {
  const { redis, keys } = test;
  const rings = createRingBoard(redis, keys);
  expect(await rings.list([])).toEqual([]);
  await rings.note('shop-2', { pending: 7, ways: { running: 1, failing: 1 } });
  await rings.note('shop-1', { ways: { unknown: 2 } });
  await rings.note('shop-2', { pending: 0, ways: { running: 2 } });
  expect(await rings.list(['shop-1', 'shop-2', 'shop-3'])).toEqual([
    { cluster: 'shop-1', ways: { unknown: 2 } },
    { cluster: 'shop-2', pending: 0, ways: { running: 2 } },
  ]);
  expect(await rings.list(['shop-2'])).toHaveLength(1);
  const left = await redis.pttl(keys.couchdbRing('shop-1'));
  expect(left).toBeGreaterThan(200_000);
  expect(left).toBeLessThanOrEqual(300_000);
});
