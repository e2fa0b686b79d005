import type { Telling } from './message.js';

/** How much is remembered for those who come back with `?since=`. */
const ENTRIES_AT_MOST = 10_000;
const BYTES_AT_MOST = 8 * 1024 * 1024;

/** What was told, and each of its messages as it goes over the wire. */
export interface Told {
  readonly telling: Telling;
  readonly data: readonly Buffer[];
}

/** The recent past, by revision. */
export interface History {
  encode(telling: Telling): Told;
  /** Remembers it, encoded once for all readers. Revisions never fall. */
  add(telling: Telling): Told;
  /** What was told after a revision; `isComplete` is false when the beginning of that is no longer known. */
  since(revision: number): { readonly isComplete: boolean; readonly told: readonly Told[] };
  /** Nothing before this revision is known any more. */
  clear(floor: number): void;
}

/** `floor` is the revision that the past begins after. */
export function createHistory(
  floor: number,
  limits: { readonly entries: number; readonly bytes: number } = { entries: ENTRIES_AT_MOST, bytes: BYTES_AT_MOST },
): History {
  let known: Told[] = [];
  /** Entries before this index are forgotten; they are cut off now and then, not one by one. */
  let start = 0;
  let bytes = 0;
  let beginsAfter = floor;

  const encode = (telling: Telling): Told => ({
    telling,
    data: telling.messages.map((message) => Buffer.from(JSON.stringify(message))),
  });
  const sizeOf = ({ data }: Told): number => data.reduce((sum, { length }) => sum + length, 0);

  const forgetOldest = (): void => {
    const oldest = known[start];
    if (oldest === undefined) return;
    bytes -= sizeOf(oldest);
    beginsAfter = Math.max(beginsAfter, oldest.telling.revision);
    start += 1;
    if (start < limits.entries) return;
    known = known.slice(start);
    start = 0;
  };

  return {
    encode,
    add: (telling) => {
      const told = encode(telling);
      known.push(told);
      bytes += sizeOf(told);
      while (known.length - start > limits.entries || bytes > limits.bytes) forgetOldest();
      return told;
    },
    since: (revision) => {
      // They are in order: from the end backwards to the first that is not younger.
      let index = known.length;
      while (index > start && (known[index - 1]?.telling.revision ?? 0) > revision) index -= 1;
      return { isComplete: revision >= beginsAfter, told: known.slice(index) };
    },
    clear: (newFloor) => {
      known = [];
      start = 0;
      bytes = 0;
      beginsAfter = newFloor;
    },
  };
}
