import { createSilentLogger, type EffectGuard } from '@quartermaster/foundation';
import { createProducer, type Producer } from '@quartermaster/jobs';
import { createOpenJobs, type OpenJobs } from '@quartermaster/stores';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import type { Chore } from '../loop.js';
import { createResumeOpenJobs } from './resume-open-jobs.js';

const SETTLE_MS = 30_000;
const guard: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };

let test: TestRedis;
let producer: Producer;
let openJobs: OpenJobs;
let now: number;
let warnings: unknown[];
beforeEach(async () => {
  test = await openTestRedis();
  producer = createProducer(test.redis, test.keys, createSilentLogger());
  openJobs = createOpenJobs(test.redis, test.keys);
  now = Date.now();
  warnings = [];
});
afterEach(async () => {
  await producer.close();
  await test.close();
});

function chore(revive: Producer['revive'] = (job) => producer.revive(job)): Chore {
  const keep = (_message: string, fields?: object): void => void warnings.push(fields);
  const log = { ...createSilentLogger(), warn: keep, error: keep };
  return createResumeOpenJobs({ openJobs, producer: { revive }, log, now: () => now });
}
const waiting = (): Promise<string[]> => test.redis.lrange(`${test.keys.queues}:instance-builds:wait`, '0', '-1');
const loseQueues = async (): Promise<void> => {
  await test.redis.del(...(await test.redis.keys(`${test.keys.queues}:*`)));
};

describe('resuming open jobs', () => {
  it('puts back, once, what its queue has lost, half a minute after it was accepted', async () => {
    await producer.enqueue('build-instances', { build_id: 'b1' });
    await loseQueues();
    await chore().run(guard);
    expect(await waiting()).toEqual([]);
    now += SETTLE_MS + 1000;
    await chore().run(guard);
    await chore().run(guard);
    expect(await waiting()).toEqual(['build-b1']);
    expect(warnings).toEqual([{ job: 'build-instances', job_id: 'build-b1' }]);
  });

  it('leaves alone what waits in its queue, and looks again half a minute later', async () => {
    await producer.enqueue('build-instances', { build_id: 'b1' });
    now += SETTLE_MS + 1000;
    await chore().run(guard);
    await loseQueues();
    await chore().run(guard);
    expect([await waiting(), warnings]).toEqual([[], []]);
    now += SETTLE_MS + 1000;
    await chore().run(guard);
    expect(await waiting()).toEqual(['build-b1']);
  });

  it('does not put back what is done', async () => {
    await producer.enqueue('build-instances', { build_id: 'b1' });
    await loseQueues();
    await openJobs.close('build-b1');
    now += SETTLE_MS + 1000;
    await chore().run(guard);
    expect([await waiting(), warnings]).toEqual([[], []]);
  });

  it('goes on behind a job that can not be put back, and stops where Redis is gone or the lease is lost', async () => {
    for (const id of ['b1', 'b2']) await producer.enqueue('build-instances', { build_id: id });
    now += SETTLE_MS + 1000;
    const seen: string[] = [];
    const revive = (message: string): Producer['revive'] => {
      return ({ id }) => (
        seen.push(id),
        id === 'build-b1' ? Promise.reject(new Error(message)) : Promise.resolve(true)
      );
    };
    await expect(chore(revive('Command timed out')).run(guard)).rejects.toThrow('Command timed out');
    expect(seen.splice(0)).toEqual(['build-b1']);
    const lost = { ...guard, assertHeld: () => void raise('lease lost') };
    await expect(chore(revive('')).run(lost)).rejects.toThrow('lease lost');
    expect(seen).toEqual([]);
    await chore(revive('no such queue')).run(guard);
    expect(seen).toEqual(['build-b1', 'build-b2']);
    expect(warnings[0]).toEqual({ job: 'build-instances', job_id: 'build-b1', error: 'no such queue' });
  });
});

function raise(message: string): never {
  throw new Error(message);
}
