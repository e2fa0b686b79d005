/** The upper bounds (s) of what a time is counted under; what took longer counts under none. */
export const TIME_BOUNDS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 600] as const;

/**
 * What a process has counted since it began, small enough to travel with its heartbeat. In each, by the name of what is
 * counted: the values of its labels, joined by `|` → the figure.
 */
export interface Figures {
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** How many fell between each bound of `TIME_BOUNDS` and the one before, how many lay above all, and their sum (s). */
  readonly times: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  /** What stands at some height now. */
  readonly levels: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Counts what a process does; made for the hot path, where one count is a look into a map. */
export interface FigureBook {
  count(name: string, labels: string): void;
  /** Shows it as 0 until it is counted: only from then on is its first time an increase. */
  declare(name: string, labels: string): void;
  time(name: string, labels: string, seconds: number): void;
  /** Read whenever figures are taken. */
  level(name: string, read: () => Readonly<Record<string, number>>): void;
  take(): Figures;
}

export function createFigureBook(): FigureBook {
  const counts = new Map<string, Map<string, number>>();
  const times = new Map<string, Map<string, number[]>>();
  const levels = new Map<string, () => Readonly<Record<string, number>>>();
  return {
    count: (name, labels) => {
      const series = seriesOf(counts, name);
      series.set(labels, (series.get(labels) ?? 0) + 1);
    },
    declare: (name, labels) => {
      const series = seriesOf(counts, name);
      if (!series.has(labels)) series.set(labels, 0);
    },
    time: (name, labels, seconds) => {
      const series = seriesOf(times, name);
      let slots = series.get(labels);
      if (slots === undefined) series.set(labels, (slots = Array<number>(SUM + 1).fill(0)));
      const slot = slotOf(seconds);
      slots[slot] = (slots[slot] ?? 0) + 1;
      slots[SUM] = (slots[SUM] ?? 0) + seconds;
    },
    level: (name, read) => void levels.set(name, read),
    take: () => ({
      counts: mapValues(counts, (series) => Object.fromEntries(series)),
      times: mapValues(times, (series) => mapValues(series, roundSum)),
      levels: mapValues(levels, (read) => read()),
    }),
  };
}

const ABOVE = TIME_BOUNDS.length;
const SUM = ABOVE + 1;

function slotOf(seconds: number): number {
  for (let slot = 0; slot < ABOVE; slot += 1) if (seconds <= (TIME_BOUNDS[slot] ?? Infinity)) return slot;
  return ABOVE;
}

/** Microseconds are exact enough, and short. */
function roundSum(slots: readonly number[]): number[] {
  return slots.map((value, slot) => (slot === SUM ? Math.round(value * 1e6) / 1e6 : value));
}

function seriesOf<T>(all: Map<string, Map<string, T>>, name: string): Map<string, T> {
  let series = all.get(name);
  if (series === undefined) all.set(name, (series = new Map()));
  return series;
}

function mapValues<T, R>(map: ReadonlyMap<string, T>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries([...map].map(([key, value]) => [key, change(value)]));
}
