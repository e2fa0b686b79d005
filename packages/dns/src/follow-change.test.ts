import { planFollowUp } from './follow-change.js';

it('a change is asked about ever more seldom until it is INSYNC, or forgotten', () => {
  const pauses = [0, 1, 2, 3, 4, 5, 50].map((asked) => planFollowUp('PENDING', asked));
  expect(pauses.map((pause) => (pause.arrived ? 0 : pause.again_in_ms))).toEqual([
    1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 30_000,
  ]);
  expect(planFollowUp('INSYNC', 0)).toEqual({ arrived: true });
  expect(planFollowUp(undefined, 9)).toEqual({ arrived: true });
});
