import { planStrikes, type Strike } from './chaos';
import { createRandom } from './random';

const TARGETS = [
  { name: 'web', weight: 1 },
  { name: 'redis', weight: 1 },
];

function firstStrikes(seed: number, count = 1000): Strike[] {
  const plan = planStrikes(createRandom(seed, 'chaos'), TARGETS, 1500);
  return Array.from({ length: count }, () => plan.next().value);
}

describe('the schedule of strikes', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(firstStrikes(7)).toEqual(firstStrikes(7));
    expect(firstStrikes(7)).not.toEqual(firstStrikes(8));
  });

  it('strikes every second or two, everybody, mostly to death', () => {
    const strikes = firstStrikes(1);
    expect(strikes.every(({ delayMs }) => delayMs >= 1000 && delayMs <= 2000)).toBe(true);
    const frozen = strikes.filter(({ freezeMs }) => freezeMs !== undefined).length;
    expect(frozen).toBeGreaterThan(80);
    expect(frozen).toBeLessThan(250);
    for (const { name } of TARGETS) expect(strikes.filter(({ target }) => target === name).length).toBeGreaterThan(300);
  });
});
