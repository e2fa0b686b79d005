import { AppError } from '@quartermaster/foundation';
import type { ForwardingTrouble, WaitingUpdate } from '@quartermaster/stores';
import { expired, outOfTime, worsen } from './plan-retry.js';

const TIMES = { giveUpMs: 86_400_000, backoffMs: 1_000, maxBackoffMs: 300_000 };
const NOW = Date.parse('2026-01-02T00:00:00.000Z');
const failure = (retryAfterSeconds = 0): AppError =>
  new AppError('unavailable', 'status-target-unavailable', 'It answers 500.', { retryAfterSeconds });

function waitingSince(...agesMs: number[]): WaitingUpdate[] {
  return agesMs.map((age) => ({
    request_id: 'r1',
    update: {
      id: `u${age}`,
      service: 's',
      application_id: 'a',
      deployment_id: 'd',
      status: 'running',
      timestamp: new Date(NOW - age).toISOString(),
    },
  }));
}

describe('the pause after a failure', () => {
  it('doubles from one second to five minutes', () => {
    let trouble: ForwardingTrouble | undefined;
    const pauses = Array.from({ length: 12 }, () => {
      trouble = worsen(trouble, failure(), NOW, TIMES);
      return (trouble.next_at - NOW) / 1000;
    });
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    const long = { ...worsen(trouble, failure(), NOW, TIMES), tries: 5_000 };
    expect(worsen(long, failure(), NOW, TIMES).next_at).toBe(NOW + 300_000);
  });

  it('is as long as the target asks, an hour at most, and never shorter than ours', () => {
    const pause = (seconds: number): number => worsen(undefined, failure(seconds), NOW, TIMES).next_at - NOW;
    expect([0, 1, 90, 3_600, 86_400].map(pause)).toEqual([1_000, 1_000, 90_000, 3_600_000, 3_600_000]);
  });

  it('comes with the reason', () => {
    const { error, tries } = worsen(undefined, failure(), NOW, TIMES);
    expect([tries, error]).toEqual([
      1,
      { kind: 'unavailable', code: 'status-target-unavailable', message: 'It answers 500.' },
    ]);
    expect(outOfTime(error, TIMES).message).toBe('It could not be forwarded within 24 h. It answers 500.');
  });
});

describe('what is out of time', () => {
  it('is what was accepted a day ago, from the head of the list on', () => {
    const hour = 3_600_000;
    const ids = (ages: number[]): string[] => expired(waitingSince(...ages), NOW, TIMES).map(({ update }) => update.id);
    expect(ids([])).toEqual([]);
    expect(ids([hour, 0])).toEqual([]);
    expect(ids([30 * hour, 24 * hour, 24 * hour - 1, 0])).toEqual([`u${30 * hour}`, `u${24 * hour}`]);
    expect(ids([26 * hour, 25 * hour])).toHaveLength(2);
    // A clock that was set back puts nothing out of its order.
    expect(ids([hour, 30 * hour])).toEqual([]);
  });
});
