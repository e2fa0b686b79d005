/** A source of chance that a seed decides. */
export interface Random {
  /** From `least` up to, not including, `most`. */
  between(least: number, most: number): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  /** True in this share of the cases, 0 to 1. */
  chance(share: number): boolean;
  /** One of these, the heavier the more often. */
  pick<T extends { readonly weight: number }>(choices: readonly T[]): T;
  /** An id in the form of a UUID. */
  uuid(): string;
}

/** The same words give the same numbers. Words keep apart what must not depend on the order in which things happen. */
export function createRandom(...words: readonly (string | number)[]): Random {
  let state = hashOf(words.join('/'));
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  const hex = (length: number): string => Array.from({ length }, () => whole(0, 15).toString(16)).join('');

  return {
    between: (least, most) => least + next() * (most - least),
    whole,
    chance: (share) => next() < share,
    pick: (choices) => {
      let left = next() * choices.reduce((sum, { weight }) => sum + weight, 0);
      const found = choices.find(({ weight }) => (left -= weight) < 0) ?? choices.at(-1);
      if (found === undefined) throw new RangeError('nothing to choose from');
      return found;
    },
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  };
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash;
}
