import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createOpenJobs, type OpenJob } from './open-jobs.js';
import { createTerminations, type Terminations } from './terminations.js';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const ERROR = { kind: 'conflict', code: 'termination-protected', message: 'protected' } as const;

let test: TestRedis;
let terminations: Terminations;
beforeEach(async () => {
  test = await openTestRedis();
  terminations = createTerminations(test.redis, test.keys);
});
afterEach(() => test.close());

const job = (id: string): OpenJob => ({ id, name: 'terminate-instance', payload: { termination_id: id } });
const accept = (id: string, channel?: string): Promise<string> =>
  terminations.accept(
    { id, instance_id: 'i-1', ...(channel === undefined ? {} : { slack_channel: channel }) },
    job(id),
    NOW,
  );

describe('a termination', () => {
  it('is kept with its channel and its open job', async () => {
    expect(await accept('t1', 'ops')).toBe('t1');
    expect(await terminations.load('i-1')).toEqual({
      id: 't1',
      instance_id: 'i-1',
      state: 'pending',
      slack_channel: 'ops',
    });
    expect(await createOpenJobs(test.redis, test.keys).load('t1')).toEqual(job('t1'));
    expect(await terminations.load('i-2')).toBeUndefined();
  });

  it('is the one that is pending, for everybody who asks meanwhile', async () => {
    const answers = await Promise.all(['t1', 't2', 't3'].map((id) => accept(id)));
    expect(new Set(answers).size).toBe(1);
    expect(await test.redis.zcard(test.keys.openJobs)).toBe(1);
  });

  it('ends with or without an error, and then another one may begin, of which the first knows nothing', async () => {
    await accept('t1', 'ops');
    await terminations.end('i-1', 't1', ERROR);
    expect(await terminations.load('i-1')).toMatchObject({ state: 'failed', error: ERROR });
    expect(await accept('t2')).toBe('t2');
    expect(await terminations.load('i-1')).toEqual({ id: 't2', instance_id: 'i-1', state: 'pending' });
    await terminations.end('i-1', 't1');
    expect((await terminations.load('i-1'))?.state).toBe('pending');
    await terminations.end('i-1', 't2');
    expect((await terminations.load('i-1'))?.state).toBe('finished');
  });
});
