/** A source of chance that a seed decides. */
export interface Chance {
  /** True in this share of the cases. */
  happens(share: number): boolean;
  /** A whole number, both ends included. */
  whole(least: number, most: number): number;
}

export interface Clock {
  now(): number;
  advance(ms: number): void;
}

export function createChance(seed: number): Chance {
  let state = Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b;
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    happens: (share) => next() < share,
    whole: (least, most) => least + Math.floor(next() * (most - least + 1)),
  };
}

/** Time that goes on only when it is told to, and stops by the way at what is due before. */
export function createFakeClock(world: () => { nextDue(): number; live(now: number): void } | undefined): Clock {
  let now = 1_000;
  return {
    now: () => now,
    advance: (ms) => {
      const end = now + ms;
      while (now < end) {
        now = Math.min(end, Math.max(now + 1, world()?.nextDue() ?? end));
        world()?.live(now);
      }
    },
  };
}
