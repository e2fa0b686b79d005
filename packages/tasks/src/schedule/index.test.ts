import type { AppError } from '@quartermaster/foundation';
import { parseSchedule } from './index.js';

const NOW = Date.parse('2026-11-20T10:00:00Z');
const DAY = 86_400_000;

function refusal(query: Parameters<typeof parseSchedule>[0]): unknown {
  try {
    return parseSchedule(query, NOW);
  } catch (error) {
    return (error as AppError).problems;
  }
}

describe('a delay', () => {
  it.each([
    ['90000', 90_000],
    ['2w', 14 * DAY],
    ['3d', 3 * DAY],
    ['4h', 4 * 3_600_000],
    ['90s', 90_000],
    ['1.5h', 5_400_000],
    ['.5h', 1_800_000],
    ['2 weeks', 14 * DAY],
    ['10 minutes', 600_000],
    ['10 mins', 600_000],
    ['5m', 300_000],
    ['100ms', 100],
    ['1 Hour', 3_600_000],
    ['2 hrs', 7_200_000],
    ['1 day', DAY],
    ['53 milliseconds', 53],
    ['1y', 365.25 * DAY],
    ['20 sec', 20_000],
    ['1 week', 7 * DAY],
  ])('%s is counted from now', (delay, ms) => {
    expect(parseSchedule({ delay }, NOW)).toBe(NOW + ms);
  });

  it.each([undefined, '', '0', '0s', ' '])('of %j is none', (delay) => {
    expect(parseSchedule({ delay }, NOW)).toBeUndefined();
  });

  it.each(['soon', '5 apples', 'w', '1h30m', '1,5h', '1e3', 'NaN', '2w 3d'])(
    'of %j is refused with the formats',
    (delay) => {
      expect(refusal({ delay })).toMatchObject([
        { parameter: 'delay', detail: expect.stringContaining('2w') as string },
      ]);
    },
  );

  it('is not negative and not over a year', () => {
    expect(refusal({ delay: '-5s' })).toMatchObject([{ detail: expect.stringContaining('in the past') as string }]);
    expect(refusal({ delay: '367d' })).toMatchObject([{ detail: expect.stringContaining('366 days') as string }]);
    expect(refusal({ delay: '999999999999999' })).toMatchObject([{ parameter: 'delay' }]);
  });
});

describe('a time', () => {
  it.each([
    ['2026-12-01 10:35', '2026-12-01T10:35:00.000Z'],
    ['2026-12-1 10:35', '2026-12-01T10:35:00.000Z'],
    ['2026-12-01', '2026-12-01T00:00:00.000Z'],
    ['12-01-2026', '2026-12-01T00:00:00.000Z'],
    ['12-01-2026 10', '2026-12-01T10:00:00.000Z'],
    ['12-01-2026 10:35:20', '2026-12-01T10:35:20.000Z'],
    ['2026-12-01T10:35:00+01:00', '2026-12-01T09:35:00.000Z'],
    ['2026-12-01T10:35:00.250Z', '2026-12-01T10:35:00.250Z'],
  ])('%s is when the task starts', (when, expected) => {
    expect(new Date(parseSchedule({ when }, NOW) ?? 0).toISOString()).toBe(expected);
  });

  it.each(['tomorrow', '2026-12-32', '2026-12', '2027', '10:35', '1796'])(
    'of %j is refused with the formats',
    (when) => {
      expect(refusal({ when })).toMatchObject([
        { parameter: 'when', detail: expect.stringContaining('ISO 8601') as string },
      ]);
    },
  );

  it('is neither in the past nor over a year ahead', () => {
    expect(refusal({ when: '2026-11-20 09:59' })).toMatchObject([
      { parameter: 'when', detail: 'when is in the past: it is 2026-11-20T10:00:00.000Z now' },
    ]);
    expect(refusal({ when: '2026-11-20' })).toMatchObject([{ parameter: 'when' }]);
    expect(refusal({ when: '2027-11-22' })).toMatchObject([{ detail: expect.stringContaining('366 days') as string }]);
  });

  it('and a delay do not go together', () => {
    expect(refusal({ when: '2026-12-01', delay: '2w' })).toMatchObject([
      { parameter: 'when', detail: 'delay and when can not be given together' },
    ]);
    expect(parseSchedule({ when: '', delay: '1s' }, NOW)).toBe(NOW + 1000);
  });
});
