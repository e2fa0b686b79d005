/** From `from` on and below `below`, ms since 1970. */
export interface TimeSpan {
  readonly from: number;
  readonly below: number;
}

/** The formats of `parseTimeSpan`, for people. */
export const TIME_FORMATS =
  '2026-12-01, 2026-12-01 10, 2026-12-01 10:35, 2026-12-01 10:35:20, 12-01-2026 10:35, or ISO 8601 (2026-12-01T10:35:00+01:00); UTC where no offset is given';

const DATE = String.raw`(?:(?<year>\d{4})(?:-(?<month>\d{1,2})(?:-(?<day>\d{1,2}))?)?|(?<usMonth>\d{1,2})-(?<usDay>\d{1,2})-(?<usYear>\d{4}))`;
// A plus that was not encoded arrives as a space.
const OFFSET = String.raw`(?<offset>Z|[+ -]\d{2}:?\d{2})`;
const TIME = String.raw`(?<hour>\d{1,2})(?::(?<minute>\d{2})(?::(?<second>\d{2})(?:\.(?<fraction>\d{1,9}))?)?${OFFSET}?|Z)?`;
const TIME_SPAN = new RegExp(`^${DATE}(?:[T ]${TIME})?$`, 'i');

/**
 * What a date, or date and time, covers at the resolution in which it is written: `2026-11` the month, `2026-11-20` the day,
 * `2026-11-20T10` the hour, and so on to the millisecond. `MM-DD-YYYY` as well, as AWSuper took it. `undefined`: none of
 * these, or no such date.
 */
export function parseTimeSpan(text: string): TimeSpan | undefined {
  const parts = TIME_SPAN.exec(text.trim())?.groups;
  if (parts === undefined) return undefined;
  const number = (...names: string[]): number | undefined => {
    const found = names.map((name) => parts[name]).find((value) => value !== undefined);
    return found === undefined ? undefined : Number(found);
  };
  const date = [number('year', 'usYear'), number('month', 'usMonth'), number('day', 'usDay')];
  const time = [number('hour'), number('minute'), number('second')];
  const milliseconds =
    parts['fraction'] === undefined ? undefined : Number(parts['fraction'].padEnd(3, '0').slice(0, 3));
  // A time of day needs a day.
  if (time[0] !== undefined && date[2] === undefined) return undefined;
  const given = [...date, ...time, milliseconds].filter((part) => part !== undefined);
  if (!isReal(given)) return undefined;
  const shift = offsetOf(parts['offset']);
  if (shift === undefined) return undefined;
  const last = given.length - 1;
  return { from: toTime(given) - shift, below: toTime(given.with(last, (given[last] ?? 0) + 1)) - shift };
}

/** Year, month from 1, day, hour, minute, second, ms; the last ones may be missing, or beyond their range. */
function toTime([year = 0, month = 1, day = 1, ...time]: readonly number[]): number {
  const [hour = 0, minute = 0, second = 0, millisecond = 0] = time;
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}

function isReal(given: readonly number[]): boolean {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = given;
  const date = new Date(toTime([year, month, day]));
  const isDate = year >= 1970 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isDate && hour < 24 && minute < 60 && second < 60;
}

/** How far (ms) the clock is ahead of UTC. */
function offsetOf(offset: string | undefined): number | undefined {
  if (offset === undefined || offset.toUpperCase() === 'Z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
