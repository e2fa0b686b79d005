import { parseDuration } from '@quartermaster/foundation';

const MIN_TIMEOUT_MS = 1000;
const MAX_TIMEOUT_MS = 7 * 86_400_000;

/** What a window should look like, for messages. */
export const WINDOW_FORM = 'a whole number of 1 or more, or a percentage from 1% to 100% like 25%';
export const TIMEOUT_FORM = 'a duration from 1s to 7d like 20m, or a number of ms';

/** A window as it is sent, `2`, `"2"` or `"25%"`, in its plain form; `undefined` where it is none. */
export function parseWindow(sent: unknown): number | string | undefined {
  if (typeof sent !== 'string' && typeof sent !== 'number') return undefined;
  const text = String(sent).trim();
  const percent = /^(\d{1,3})\s*%$/.exec(text)?.[1];
  if (percent !== undefined) {
    const share = Number(percent);
    return share >= 1 && share <= 100 ? `${share}%` : undefined;
  }
  if (!/^\d{1,6}$/.test(text)) return undefined;
  return Number(text) >= 1 ? Number(text) : undefined;
}

/** How many instances may be down at once, where so many are online at the start. */
export function windowSizeOf(window: number | string, online: number): number {
  if (typeof window === 'number') return window;
  return Math.max(1, Math.floor((online * Number.parseInt(window, 10)) / 100));
}

/** A timeout as it is sent, in ms; a bare number counts ms. `undefined` where it is none. */
export function parseTimeout(sent: unknown): number | undefined {
  const text = String(sent).trim();
  const ms = /^\d{1,12}(\.\d+)?$/.test(text) ? Math.round(Number(text)) : parseDuration(text);
  return ms !== undefined && ms >= MIN_TIMEOUT_MS && ms <= MAX_TIMEOUT_MS ? ms : undefined;
}
