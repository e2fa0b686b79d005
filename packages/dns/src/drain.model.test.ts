import type { Bug } from './testing/drain-model.js';
import { playDrain } from './testing/play-drain.js';

const OPERATIONS = 5_000;

describe('5,000 random operations with foreign edits, crashes and lost answers', () => {
  it.each([1, 2, 3, 4])('of seed %i hurt no foreign record, and every wish ends', async (seed) => {
    const counts = await playDrain(seed, OPERATIONS);
    for (const event of ['crashed', 'refused', 'accepted', 'failed', 'unchanged', 'superseded', 'renames', 'edits']) {
      expect([event, counts[event] ?? 0]).not.toEqual([event, 0]);
    }
  });
});

describe('a planted mistake is found', () => {
  it.each<[Bug, RegExp]>([
    ['upsert', /changed without force/],
    ['trusts-lost-answers', /did not put/],
    ['rename-in-two', /0 sets of r\d+ stand after a batch, not 1/],
    ['outcomes-apart', /has no end|is left|without proof|sets of r\d+ stand/],
    ['sends-unstored', /INSYNC without proof|adopted without force/],
    ['adopts', /adopted without force/],
  ])('%s', async (bug, finding) => {
    await expect(playDrain(1, OPERATIONS, bug)).rejects.toThrow(finding);
  });
});
