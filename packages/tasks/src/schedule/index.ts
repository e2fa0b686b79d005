import { AppError } from '@quartermaster/foundation';
import { parseTimeSpan, TIME_FORMATS } from '../time-span.js';

/** How far ahead (ms) a task can be scheduled: a year, as the `ms` package counts one (365.25 days), fits. */
const FARTHEST_MS = 366 * 86_400_000;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The units of the `ms` package, which AWSuper used (https://github.com/vercel/ms), by the letters that they begin with. */
const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(?:milliseconds?|msecs?|ms)?$/i, 1],
  [/^(?:seconds?|secs?|s)$/i, SECOND],
  [/^(?:minutes?|mins?|m)$/i, MINUTE],
  [/^(?:hours?|hrs?|h)$/i, HOUR],
  [/^(?:days?|d)$/i, DAY],
  [/^(?:weeks?|w)$/i, 7 * DAY],
  [/^(?:years?|yrs?|y)$/i, 365.25 * DAY],
];
const DELAY_FORMATS = 'a number of milliseconds, or a number with a unit: 90s, 10 minutes, 1.5h, 3d, 2w';

/**
 * When a task is to start by the query parameters `delay` and `when`, ms since 1970; `undefined`: at once. Throws `invalid`
 * where neither format is met, both are given, or the time has passed or is too far ahead.
 */
export function parseSchedule(
  query: { readonly delay?: string | undefined; readonly when?: string | undefined },
  now: number,
): number | undefined {
  const delay = query.delay?.trim() || undefined;
  const when = query.when?.trim() || undefined;
  if (delay !== undefined && when !== undefined) throw refused('when', 'delay and when can not be given together');
  if (delay === undefined && when === undefined) return undefined;
  const parameter = delay === undefined ? 'when' : 'delay';
  const dueAt = delay === undefined ? parseWhen(when ?? '') : now + parseDelay(delay);
  if (dueAt < now) throw refused(parameter, `${parameter} is in the past: it is ${new Date(now).toISOString()} now`);
  if (dueAt - now > FARTHEST_MS) {
    throw refused(parameter, `${parameter} is too far ahead: a task can be scheduled for the next 366 days`);
  }
  return dueAt === now ? undefined : dueAt;
}

/** ms. */
function parseDelay(text: string): number {
  const [, number, unit = ''] = /^([+-]?(?:\d{1,15})?\.?\d{1,15}) *([a-z]*)$/i.exec(text) ?? [];
  const factor = UNITS.find(([pattern]) => pattern.test(unit))?.[1];
  if (number === undefined || factor === undefined) throw refused('delay', `delay must be ${DELAY_FORMATS}`);
  return Math.round(Number(number) * factor);
}

function parseWhen(text: string): number {
  const span = parseTimeSpan(text);
  // A month or a year is no time to start at.
  if (span === undefined || /^\d{4}(-\d{1,2})?$/.test(text)) throw refused('when', `when must be ${TIME_FORMATS}`);
  return span.from;
}

function refused(parameter: string, detail: string): AppError {
  return new AppError('invalid', 'invalid-query', 'The query is not valid.', { problems: [{ parameter, detail }] });
}
