import type { Message, Telling } from './message.js';

/** How much is remembered for those who come back with `?since=`. */
const ENTRIES_AT_MOST = 10_000;
const BYTES_AT_MOST = 8 * 1024 * 1024;

/** What was told, and each of its messages as it goes over the wire. */
export interface Told {
  readonly telling: Telling;
  /** When it was told (ms, of the history's clock). */
  readonly at: number;
  /** What it takes to remember it (bytes); a body that several messages share counts once. */
  readonly size: number;
  /** One message, with another id where one is given. The same buffer for all who ask before `release`. */
  bytesOf(index: number, id?: number): Buffer;
  /** Everybody has been told: only what is needed to assemble the messages again is kept. */
  release(): void;
}

export interface HistoryOptions {
  readonly entries?: number;
  readonly bytes?: number;
  readonly now?: () => number;
}

/** The recent past, by revision. */
export interface History {
  encode(telling: Telling): Told;
  /** Remembers it. Revisions never fall. */
  add(telling: Telling): Told;
  /** What was told after a revision; `isComplete` is false when the beginning of that is no longer known. */
  since(revision: number): { readonly isComplete: boolean; readonly told: readonly Told[] };
  /** Nothing before this revision is known any more. */
  clear(floor: number): void;
}

/** `floor` is the revision that the past begins after. */
export function createHistory(floor: number, options: HistoryOptions = {}): History {
  const { entries = ENTRIES_AT_MOST, bytes: bytesAtMost = BYTES_AT_MOST, now = () => performance.now() } = options;
  let known: Told[] = [];
  /** Entries before this index are forgotten; they are cut off now and then, not one by one. */
  let start = 0;
  let bytes = 0;
  let beginsAfter = floor;

  const encode = (telling: Telling): Told => encodeTelling(telling, now());

  const isTooMuch = (): boolean => known.length - start > entries || bytes > bytesAtMost;
  const forgetOldest = (): void => {
    const oldest = known[start];
    if (oldest === undefined) return;
    bytes -= oldest.size;
    beginsAfter = Math.max(beginsAfter, oldest.telling.revision);
    start += 1;
    if (start < entries) return;
    known = known.slice(start);
    start = 0;
  };

  return {
    encode,
    add: (telling) => {
      const told = encode(telling);
      known.push(told);
      bytes += told.size;
      // The newest stays whatever its size: without it everybody who comes back would need a snapshot.
      while (known.length - start > 1 && isTooMuch()) forgetOldest();
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

function encodeTelling({ revision, messages }: Telling, at: number): Told {
  const bodies = new Map<Message['body'], Buffer>();
  const parts = messages.map(({ namespace, body, id }) => {
    const encoded = bodies.get(body) ?? Buffer.from(JSON.stringify(body));
    bodies.set(body, encoded);
    return { head: `{"namespace":${JSON.stringify(namespace)},"body":`, encoded, id };
  });
  const bodyBytes = [...bodies.values()].reduce((sum, { length }) => sum + length, 0);
  const assembled = new Map<number, Buffer>();
  return {
    telling: { revision, messages },
    at,
    size: bodyBytes + parts.reduce((sum, { head }) => sum + head.length, 0),
    bytesOf: (index, asked) => {
      const part = parts[index];
      if (part === undefined) throw new RangeError(`There is no message ${index}`);
      const { head, encoded, id } = part;
      const isOther = asked !== undefined && asked !== id;
      const ready = isOther ? undefined : assembled.get(index);
      if (ready !== undefined) return ready;
      const made = Buffer.concat([Buffer.from(head), encoded, Buffer.from(`,"id":${isOther ? asked : id}}`)]);
      if (!isOther) assembled.set(index, made);
      return made;
    },
    release: () => assembled.clear(),
  };
}
