import { AppError } from '@quartermaster/foundation';
import { RetryLater, type Effect } from '@quartermaster/jobs';
import type { StackSource } from '@quartermaster/stacks';
import type { TaskRecord } from '@quartermaster/stores';
import { layerRollingRestart, type RestartFields, type RestartSent } from '../index.js';
import { createRollingRestart } from '../rounds.js';
import { TaskCancelled, type TaskContext } from '../../task-context.js';
import type { Chance, Clock } from './chance.js';

/** What outlives a process. */
export interface FakeTask {
  record: TaskRecord<RestartFields>;
  readonly steps: Map<string, { tries: number; result?: string }>;
  readonly log: string[];
}

/** The process is gone at once: nothing of ours may catch this. */
class Killed extends Error {}

export interface FakeTaskOptions {
  readonly task: FakeTask;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly source: StackSource;
  /** A share of the places between two steps at which the process dies. */
  readonly crashes: number;
  readonly cancelAt?: number;
  /** The process is about to die with a call under way. */
  readonly onDyingCall: (delayMs: number) => void;
  readonly pollMs: number;
  /** A bug that is planted: changes what the product writes. `undefined`: it is not written at all. */
  readonly spoil?: (patch: Partial<RestartFields>) => Partial<RestartFields> | undefined;
  readonly onUpdate?: (record: TaskRecord<RestartFields>) => void;
}

/** Less than any stop takes: a request that is older is not under way any more. */
const MOST_UNDER_WAY_MS = 1500;
const LIMIT_MS = 100 * 3_600_000;

export function createFakeTask(sent: RestartSent, id = '1'): FakeTask {
  const fields = { ...sent, ...layerRollingRestart.initial } as RestartFields;
  const dates = { date_created: '', date_updated: '' };
  const head = { id, task: 'layer-rolling-restart', status: 'RUNNING', settled: false, request_id: 'r' } as const;
  return { record: { ...head, fields, exceptions: [], ...dates }, steps: new Map(), log: [] };
}

/** Runs a task to its end as workers do, one after the other: each is killed at some place, the next one goes on. */
export async function runToEnd(options: FakeTaskOptions): Promise<void> {
  const { task, clock, chance } = options;
  const { run, settle } = createRollingRestart(() => clock.now());
  const end = (patch: Partial<TaskRecord<RestartFields>>): void => void (task.record = { ...task.record, ...patch });
  while (!task.record.settled) {
    if (clock.now() > LIMIT_MS) throw new Error('it does not end');
    const isSettling = task.record.status !== 'RUNNING';
    try {
      const ctx = createContext(options);
      await (isSettling ? settle(ctx) : run(ctx));
      end(isSettling ? { settled: true } : { status: 'COMPLETED', settled: true });
    } catch (error) {
      if (error instanceof RetryLater) clock.advance(error.delayMs);
      else if (error instanceof Killed) clock.advance(chance.whole(500, 12_000));
      else if (error instanceof TaskCancelled) end({ status: 'CANCELLED' });
      else if (!(error instanceof AppError)) throw error;
      else if (error.kind === 'unavailable') clock.advance(options.pollMs);
      else {
        const failure = { message: error.message, code: error.code, timestamp: '' };
        end({ status: 'FAILED', exceptions: [failure] });
      }
    }
    if (isDue(options)) end({ status: 'CANCELLED' });
  }
}

function isDue({ task, clock, cancelAt }: FakeTaskOptions): boolean {
  return task.record.status === 'RUNNING' && cancelAt !== undefined && clock.now() >= cancelAt;
}

function createContext(options: FakeTaskOptions): TaskContext<RestartFields> {
  const { task, clock, chance, source, crashes, pollMs } = options;
  const isSettling = task.record.status !== 'RUNNING';
  let isDead = false;
  /** A place at which the process may die; time goes on a little. */
  const reach = (): void => {
    if (isDead) throw new Killed();
    clock.advance(chance.whole(1, 60));
    if (!chance.happens(crashes)) return;
    isDead = true;
    throw new Killed();
  };
  const step = async <T>(name: string, given: Effect<T> | ((guard: never) => Promise<T>)): Promise<T> => {
    const effect = typeof given === 'function' ? { act: given } : given;
    const guard = { signal: new AbortController().signal, assertHeld: () => undefined };
    reach();
    if (!isSettling && isDue(options)) throw new TaskCancelled();
    const entry = task.steps.get(name) ?? { tries: 0 };
    task.steps.set(name, entry);
    if (entry.result !== undefined) return (JSON.parse(entry.result) as { value: T }).value;
    entry.tries += 1;
    reach();
    const found = entry.tries > 1 ? await effect.observe?.(guard) : undefined;
    if (found === undefined && chance.happens(crashes)) {
      options.onDyingCall(chance.whole(0, MOST_UNDER_WAY_MS));
      isDead = true;
    }
    const result = found ?? (await effect.act(guard));
    reach();
    entry.result = JSON.stringify({ value: result });
    reach();
    return result;
  };
  const update = async (patch: Partial<RestartFields>): Promise<void> => {
    reach();
    const written = options.spoil === undefined ? patch : options.spoil(patch);
    if (written !== undefined) {
      task.record = { ...task.record, fields: { ...task.record.fields, ...written } };
    }
    options.onUpdate?.(task.record);
    reach();
  };
  const say = (message: string): void => void task.log.push(message);
  return {
    get record() {
      return task.record;
    },
    update,
    step,
    claim: () => Promise.resolve(),
    log: { debug: say, info: say, warn: say, error: say, fatal: say },
    sleep: () => Promise.reject(new Error('rounds do not sleep')),
    signal: new AbortController().signal,
    cancelled: isSettling,
    pollMs,
    stacks: {
      ...source,
      instances: () => Promise.reject(new Error('not used')),
      instance: async (id) => (await source.findInstances([id]))[0],
    },
    get ec2(): never {
      throw new Error('not used');
    },
    get opsworks(): never {
      throw new Error('not used');
    },
  };
}
