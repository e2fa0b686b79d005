import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createAccounts } from './accounts.js';

const MADE = '2026-11-20T10:00:00.000Z';
const LATER = '2026-11-21T10:00:00.000Z';

let test: TestRedis;
let accounts: ReturnType<typeof createAccounts>;
beforeEach(async () => {
  test = await openTestRedis();
  accounts = createAccounts(test.redis, test.keys);
});
afterEach(() => test.close());

const make = (username: string): Promise<boolean> =>
  accounts.create({ username, token_hash: `hash of ${username}`, created_at: MADE });

describe('an account', () => {
  it('is kept under its name, once', async () => {
    expect(await make('ann')).toBe(true);
    expect(await accounts.create({ username: 'ann', token_hash: 'another', created_at: LATER })).toBe(false);
    const ann = { username: 'ann', token_hash: 'hash of ann', created_at: MADE };
    expect(await accounts.load('ann')).toEqual(ann);
    expect(await accounts.load('bob')).toBeUndefined();
    expect(await accounts.list()).toEqual([{ ...ann, clusters: 0 }]);
  });

  it('has another token once it is rotated, and everything else as before', async () => {
    await make('ann');
    expect(await accounts.rotate('ann', 'new', LATER)).toBe(true);
    const expected = { username: 'ann', token_hash: 'new', created_at: MADE, rotated_at: LATER };
    expect(await accounts.load('ann')).toEqual(expected);
    expect(await accounts.list()).toEqual([{ ...expected, clusters: 0 }]);
    expect(await accounts.rotate('bob', 'new', LATER)).toBe(false);
    expect(await accounts.load('bob')).toBeUndefined();
  });

  it('stays while it has clusters, whose tags are told', async () => {
    await make('ann');
    await test.redis.sadd(test.keys.accountClusters('ann'), 'second', 'first');
    expect(await accounts.remove('ann')).toEqual({ outcome: 'has-clusters', tags: ['first', 'second'] });
    expect((await accounts.list()).map(({ clusters }) => clusters)).toEqual([2]);
    await test.redis.srem(test.keys.accountClusters('ann'), 'second', 'first');
    expect(await accounts.remove('ann')).toEqual({ outcome: 'removed' });
    expect(await accounts.remove('ann')).toEqual({ outcome: 'unknown' });
    expect([await accounts.load('ann'), await accounts.list()]).toEqual([undefined, []]);
    expect(await test.redis.keys(`${test.config.REDIS_PREFIX}:*`)).toEqual([]);
  });
});

describe('the list of accounts', () => {
  it('is by name', async () => {
    for (const name of ['zoe', 'Ann', 'bob', '0']) await make(name);
    expect((await accounts.list()).map(({ username }) => username)).toEqual(['0', 'Ann', 'bob', 'zoe']);
  });
});
