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
  expect(await rings.list(0)).toEqual([]);
  await rings.note('shop-2', { pending: 7, ways: { running: 1, failing: 1 } }, 1_000);
  await rings.note('shop-1', { ways: { unknown: 2 } }, 2_000);
  await rings.note('shop-2', { pending: 0, ways: { running: 2 } }, 3_000);
  expect(await rings.list(301_999)).toEqual([
    { cluster: 'shop-1', at: 2_000, ways: { unknown: 2 } },
    { cluster: 'shop-2', at: 3_000, pending: 0, ways: { running: 2 } },
  ]);
  expect((await rings.list(302_000)).map(({ cluster }) => cluster)).toEqual(['shop-2']);
  await rings.note('shop-2', { ways: {} }, 302_000);
  expect(await redis.hkeys(keys.couchdbRings)).toEqual(['shop-2']);
});
