import { AppError } from '@quartermaster/foundation';
import { decideRetry, RetryLater } from './retry.js';

const rule = { attempts: 5, backoffMs: 1000, maxBackoffMs: 10_000 };

describe('decideRetry', () => {
  it('tries what is unavailable again, slower each time, until the attempts are used up', () => {
    const error = new AppError('unavailable', 'ec2-unavailable', 'no answer');
    const decisions = [0, 1, 2, 3, 4].map((failed) => decideRetry(error, failed, rule));
    expect(decisions.slice(0, 4)).toEqual(
      [1000, 2000, 4000, 8000].map((delayMs) => ({ next: 'later', delayMs, countsAsAttempt: true })),
    );
    expect(decisions[4]).toEqual({ next: 'give-up' });
  });

  it('waits as long as the outside asked for', () => {
    const error = new AppError('unavailable', 'slack-rate-limited', 'slow down', { retryAfterSeconds: 30 });
    expect(decideRetry(error, 0, rule)).toMatchObject({ delayMs: 30_000 });
  });

  it('gives up at once what trying again can not mend, and a bug after three tries', () => {
    expect(decideRetry(new AppError('unprocessable', 'no-image', 'none'), 0, rule)).toEqual({ next: 'give-up' });
    expect([0, 1, 2].map((failed) => decideRetry(new TypeError('oops'), failed, rule).next)).toEqual([
      'later',
      'later',
      'give-up',
    ]);
  });

  it('counts neither patience nor our own failures', () => {
    expect(decideRetry(new RetryLater(50), 99, rule)).toEqual({ next: 'later', delayMs: 50, countsAsAttempt: false });
    const lost = new AppError('unavailable', 'lease-lost', 'gone');
    expect(decideRetry(lost, 99, rule)).toMatchObject({ next: 'later', countsAsAttempt: false });
  });
});
