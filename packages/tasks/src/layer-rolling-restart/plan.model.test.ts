import type { RestartFields } from './index.js';
import { playSeed, type ModelRun } from './testing/model-run.js';

const SEEDS = 500;

async function playAll(seeds: number, spoil?: Parameters<typeof playSeed>[1]): Promise<ModelRun[]> {
  const runs: ModelRun[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) runs.push(await playSeed(seed, spoil));
  return runs;
}

function problemsOf(runs: readonly ModelRun[]): readonly string[] {
  return runs.flatMap(({ problems }) => problems);
}

describe('500 restarts amid crashes, failures, lagging descriptions, fallen instances and cancels', () => {
  it('never have more down than the window or one besides those that failed, stop none twice, leave none stopped but those named, and end', async () => {
    const runs = await playAll(SEEDS);
    const totals: Record<string, number> = {};
    for (const { counts } of runs) {
      for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count;
    }
    process.stdout.write(`${SEEDS} seeds: ${JSON.stringify(totals)}\n`);
    expect(problemsOf(runs).slice(0, 20)).toEqual([]);
    for (const seen of ['COMPLETED', 'FAILED', 'CANCELLED', 'failed', 'skipped'])
      expect(totals[seen]).toBeGreaterThan(10);
  }, 120_000);
});

describe('the model', () => {
  it('finds a window that is one too wide', async () => {
    const spoil = (patch: Partial<RestartFields>): Partial<RestartFields> =>
      patch.windowSize === undefined ? patch : { ...patch, windowSize: patch.windowSize + 1 };
    expect(problemsOf(await playAll(40, spoil)).join()).toMatch(/were down at/);
  });

  it('finds failed instances that are not counted as down', async () => {
    let window = 1;
    const spoil = (patch: Partial<RestartFields>): Partial<RestartFields> => {
      window = patch.windowSize ?? window;
      const lost = (patch.targets ?? []).filter(({ phase }) => phase === 'failed').length;
      return { ...patch, windowSize: window + lost };
    };
    expect(problemsOf(await playAll(40, spoil)).join()).toMatch(/were down at/);
  });

  it('finds intents that are stored only after the act', async () => {
    const spoil = (patch: Partial<RestartFields>): Partial<RestartFields> | undefined =>
      patch.targets?.some(({ phase, sent }) => phase === 'stopping' && sent !== true) === true ? undefined : patch;
    expect(problemsOf(await playAll(120, spoil)).join()).toMatch(/was left stop/);
  });
});
