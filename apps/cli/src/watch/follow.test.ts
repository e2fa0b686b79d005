import { ApiFailure, Unreachable } from '../api/api-failure.js';
import { EXIT, Failure } from '../failures.js';
import type { ProgressState } from '../output/progress.js';
import { follow, isWatched, type Followed, type FollowContext, type WatchOptions } from './follow.js';

type Step = number | Error | (() => never) | 'hang';

const away = new Unreachable({ method: 'GET', url: 'http://q/x', reason: 'connection refused', mayHaveArrived: false });
const refusedWith = (status: number): ApiFailure =>
  new ApiFailure({
    method: 'GET',
    url: 'http://q/x',
    status,
    statusText: '',
    problems: [{ code: 'c', detail: 'No.' }],
  });

/** Follows something that goes through these steps of 4, by a clock of its own: the last step repeats. */
function watch(
  steps: readonly Step[],
  options: WatchOptions = {},
  interruption = new AbortController(),
  lastAnswer: ReturnType<FollowContext['lastAnswer']> | null = { method: 'GET', url: 'http://q/x', status: 200 },
): { ended: Promise<unknown>; told: string[]; slept: number[] } {
  const [told, slept]: [string[], number[]] = [[], []];
  let [now, at] = [0, 0];
  const context: FollowContext = {
    lastAnswer: () => lastAnswer ?? undefined,
    signal: interruption.signal,
    now: () => now,
    sleep: async (ms) => {
      interruption.signal.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
    openProgress: () => ({
      show: ({ done, total, text }: ProgressState) => told.push(`${done}/${total} ${text}`),
      note: (line) => told.push(line),
      end: () => told.push('end'),
    }),
  };
  const followed: Followed<number> = {
    what: 'build b1',
    again: 'builds b1 --watch',
    load: async () => {
      const step = steps[Math.min(at++, steps.length - 1)];
      if (step instanceof Error) throw step;
      if (step === 'hang') return new Promise<never>(() => {});
      return typeof step === 'function' ? step() : (step ?? 0);
    },
    progressOf: (done) => ({ done, total: 4, text: 'reported' }),
    endOf: (done) => (done === 4 ? 'done' : done < 0 ? 'failed' : undefined),
    linesOf: (done, former) => (former === undefined || done === former ? [] : [`${done - former} more`]),
  };
  return { ended: follow(context, followed, options), told, slept };
}

async function failureOf(ended: Promise<unknown>): Promise<Failure> {
  const error: unknown = await ended.catch((reason: unknown) => reason);
  if (error instanceof Failure) return error;
  throw error;
}

it('shows how far it is, and what is new, to the end', async () => {
  const { ended, told } = watch([0, 2, 2, 4]);
  expect(await ended).toEqual({ state: 4, end: 'done' });
  expect(told).toEqual(['0/4 reported', '2 more', '2/4 reported', '2/4 reported', '2 more', '4/4 reported', 'end']);
});

it('ends where it fails', async () => {
  expect(await watch([0, -1]).ended).toEqual({ state: -1, end: 'failed' });
});

it('looks less often with time', async () => {
  const { ended, slept } = watch([...Array<number>(40).fill(1), 4]);
  await ended;
  expect([slept[0], Math.max(...slept)]).toEqual([500, 3000]);
});

it('waits through a lost connection and a 503, and says so once', async () => {
  const { ended, told } = watch([1, away, refusedWith(503), away, 2, 4]);
  await ended;
  expect(told.slice(0, 4)).toEqual([
    '1/4 reported',
    'Can not reach http://q: connection refused. Trying again.',
    'The server is back.',
    '1 more',
  ]);
});

it('gives up a server that stays away, and says how to look again', async () => {
  const failure = await failureOf(watch([1, away]).ended);
  expect(failure.exitCode).toBe(EXIT.unreachable);
  expect(failure.details.next).toBe('It goes on. Look at it again: `quartermaster builds b1 --watch`');
});

it('tries again where a server has answered before, and not where none ever has', async () => {
  const accepted = watch([away, 4]);
  expect(await accepted.ended).toEqual({ state: 4, end: 'done' });
  const { ended, slept } = watch([away], {}, undefined, null);
  expect([await failureOf(ended), slept]).toEqual([away, []]);
});

it('ends when its time is over, though a look hangs', async () => {
  expect(await failureOf(watch([1, 'hang'], { timeout: 520 }).ended)).toMatchObject({
    exitCode: EXIT.failed,
    message: 'Not done within 1s: build b1.',
  });
  expect((await failureOf(watch(['hang'], { timeout: 20 }).ended)).message).toContain('Nothing was heard within');
});

it('ends at once for any other refusal', async () => {
  const { ended, told } = watch([1, refusedWith(404)]);
  expect(await failureOf(ended)).toMatchObject({ exitCode: EXIT.failed, message: 'No.' });
  expect(told.at(-1)).toBe('end');
});

it('ends when its time is over, not a pause later', async () => {
  const { ended, slept } = watch([1], { timeout: 1200 });
  expect(await failureOf(ended)).toMatchObject({ exitCode: EXIT.failed, message: 'Not done within 1s: build b1.' });
  expect(slept.reduce((sum, ms) => sum + ms)).toBe(1200);
});

it('says on Ctrl-C that the work goes on, whatever was under way', async () => {
  const interruption = new AbortController();
  const interrupt = (): never => {
    interruption.abort(new Error('interrupted'));
    throw interruption.signal.reason;
  };
  const { ended, told } = watch([1, interrupt], {}, interruption);
  expect(await failureOf(ended)).toMatchObject({
    exitCode: EXIT.interrupted,
    message: 'No longer watching build b1.',
    details: { next: expect.stringContaining('builds b1 --watch') },
  });
  expect(told.at(-1)).toBe('end');
});

it('lets a bug through', async () => {
  await expect(watch([new TypeError('oops')]).ended).rejects.toThrow(TypeError);
});

it('watches with --wait, --watch or a --timeout', () => {
  expect([{}, { wait: true }, { watch: true }, { timeout: 5 }].map(isWatched)).toEqual([false, true, true, true]);
});
