const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** `3d 4h`, `12m 5s`, `0s`: the two greatest units of a time in seconds. */
export function spanOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const first = UNITS.findIndex(([, size]) => whole >= size);
  if (first < 0) return '0s';
  const [name, size] = UNITS[first] ?? ['s', 1];
  const rest = whole % size;
  const next = UNITS[first + 1];
  const second = next === undefined || rest < next[1] ? '' : ` ${Math.floor(rest / next[1])}${next[0]}`;
  return `${Math.floor(whole / size)}${name}${second}`;
}

/** `3m 2s ago`, of an ISO time; empty where there is none. */
export function ago(time: string | undefined, now: number): string {
  return time === undefined ? '' : `${spanOf((now - Date.parse(time)) / 1000)} ago`;
}

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)?$/;
const IN_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds of `90s`, `10m`, `1.5h`; a bare number is seconds. @throws Error that says what it must be. */
export function parseDuration(text: string): number {
  const [, number, unit = 's'] = DURATION.exec(text.trim()) ?? [];
  if (number === undefined) throw new Error('must be a time like 90s, 10m or 1.5h');
  return Number(number) * IN_MS[unit as keyof typeof IN_MS];
}
