import { AppError } from '@quartermaster/foundation';
import { Interrupted, LeaseLost, RetryLater } from '@quartermaster/jobs';
import { TaskCancelled } from '@quartermaster/tasks';
import { judgeThrow, type Verdict } from './judge-throw.js';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const timestamp = '2026-01-02T03:04:05.000Z';
const calm = new AbortController().signal;
const judge = (thrown: unknown, cancelled = false, signal = calm): Verdict =>
  judgeThrow(thrown, { cancelled, signal, now: NOW });

const away = new AppError('unavailable', 'ec2-unavailable', 'EC2 does not answer.');
const lost = new LeaseLost('task:1', 'another process holds it');
const redisAway = new AppError('unavailable', 'redis-unavailable', 'Redis does not answer.');

describe('what a throw out of a task means', () => {
  it('is another call for patience, an outage, and what is the house’s own', () => {
    for (const error of [new RetryLater(5), away, lost, redisAway, new Interrupted()]) {
      expect(judge(error)).toEqual({ kind: 'again', error });
    }
  });

  it('is the end for anything else, in its own words', () => {
    const failed = (exception: object): Verdict => ({
      kind: 'failed',
      exception: { timestamp, ...exception } as never,
    });
    expect(judge(new Error('no way'))).toEqual(failed({ message: 'no way' }));
    expect(judge(new AppError('conflict', 'claimed', 'Taken.'))).toEqual(
      failed({ message: 'Taken.', code: 'claimed' }),
    );
    expect(judge('just text')).toEqual(failed({ message: 'just text' }));
    expect(judge(undefined)).toEqual(failed({ message: 'undefined' }));
    expect(judge(new TypeError(''))).toEqual(failed({ message: 'TypeError' }));
    expect(judge(new Error('x'.repeat(2000)))).toEqual(failed({ message: 'x'.repeat(500) }));
    expect(judge(new Error(`${'x'.repeat(499)}😀`))).toEqual(failed({ message: 'x'.repeat(499) }));
    expect(judge(new Error(`a${'😀'.repeat(249)}b\uDE00c`))).toEqual(failed({ message: `a${'😀'.repeat(249)}b` }));
    expect(judge(new Error('half \uD83D of it'))).toEqual(failed({ message: 'half \uFFFD of it' }));
    expect(judge(new TaskCancelled())).toEqual(failed({ message: 'The task was cancelled' }));
    // Redis of the task's own, or some other service: not the house's.
    expect(judge(new Error('connect ECONNREFUSED 10.0.0.1:80'))).toMatchObject({ kind: 'failed' });
  });

  it('is the way to settle once the task is cancelled, but for what is the house’s own', () => {
    for (const error of [new TaskCancelled(), new RetryLater(5), away]) {
      expect(judge(error, true)).toEqual({ kind: 'cancelled' });
    }
    for (const error of [lost, redisAway, new Interrupted()])
      expect(judge(error, true)).toEqual({ kind: 'again', error });
    expect(judge(new Error('and it broke'), true)).toMatchObject({ kind: 'failed' });
  });

  it('is found at the signal where a call was aborted by it', () => {
    const abortError = Object.assign(new Error('This operation was aborted'), { name: 'AbortError' });
    expect(judge(abortError)).toMatchObject({ kind: 'failed' });
    expect(judge(abortError, true, AbortSignal.abort(new TaskCancelled()))).toEqual({ kind: 'cancelled' });
    expect(judge(abortError, false, AbortSignal.abort(lost))).toEqual({ kind: 'again', error: lost });
  });

  it('knows a call for patience of another copy of the class, and keeps it in bounds', () => {
    const foreign = (delayMs: unknown): Error => Object.assign(new Error('later'), { name: 'RetryLater', delayMs });
    const delayOf = (thrown: unknown): unknown => {
      const verdict = judge(thrown);
      return verdict.kind === 'again' && verdict.error instanceof RetryLater ? verdict.error.delayMs : verdict;
    };
    expect([foreign(7), foreign('x'), foreign(-1)].map(delayOf)).toEqual([7, 0, 0]);
    expect([new RetryLater(NaN), new RetryLater(1e15)].map(delayOf)).toEqual([0, 30 * 86_400_000]);
  });
});
