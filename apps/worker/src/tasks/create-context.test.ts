import { AppError } from '@quartermaster/foundation';
import { Interrupted, LeaseLost } from '@quartermaster/jobs';
import type { JsonObject, TaskRecord, Tasks } from '@quartermaster/stores';
import { TaskCancelled, type TaskContext, type TaskStacks } from '@quartermaster/tasks';
import { createFakeJournal, type FakeJournal } from '../testing/fake-context.js';
import { watchCancel, type CancelWatch } from './cancel-watch.js';
import { createTaskContext, type ContextParts } from './create-context.js';

const record: TaskRecord = {
  id: 'a'.repeat(24),
  task: 'restart',
  status: 'RUNNING',
  settled: false,
  fields: { stack: 'shop' },
  exceptions: [],
  request_id: 'r1',
  date_created: '2026-01-01T00:00:00.000Z',
  date_updated: '2026-01-01T00:00:00.000Z',
};
const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent, fatal: silent };

let journal: FakeJournal;
let kept: TaskRecord | undefined;
let cancel: CancelWatch;
let stopping: AbortController;
beforeEach(() => {
  journal = createFakeJournal();
  kept = record;
  stopping = new AbortController();
  cancel = watchCancel(() => Promise.resolve(kept?.status), 5);
});
const closing: (() => void)[] = [];
afterEach(() => {
  cancel.stop();
  for (const close of closing.splice(0)) close();
});

function open(more: Partial<ContextParts> = {}): TaskContext<Record<string, unknown>> {
  const tasks = {
    update: (_task: string, _id: string, patch: JsonObject) => {
      kept = kept && { ...kept, fields: { ...kept.fields, ...patch } };
      return Promise.resolve(kept);
    },
    claim: (_task: string, _id: string, name: string) =>
      Promise.resolve(name === 'free' ? { claimed: true } : { claimed: false, holder: 'b'.repeat(24) }),
  } as unknown as Tasks;
  const aws = {} as ContextParts['aws'];
  const shared = { tasks, journal, log, record, stacks: {} as TaskStacks, aws, pollMs: 5, stopping: stopping.signal };
  const { ctx, close } = createTaskContext({ ...shared, cancel, ...more });
  closing.push(close);
  return ctx;
}
const act = (): Promise<string> => Promise.resolve('done');
const isOver = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

describe('the context of a task', () => {
  it('shows the record as it is after the last update', async () => {
    const ctx = open();
    await ctx.update({ window: 2 });
    expect(ctx.record).toMatchObject({ status: 'RUNNING', fields: { stack: 'shop', window: 2 } });
  });

  it('refuses to change what is not the task’s own, and a record that is gone', async () => {
    await expect(open().update({ status: 'COMPLETED' })).rejects.toMatchObject({ code: 'reserved-field' });
    kept = undefined;
    await expect(open().update({ window: 2 })).rejects.toMatchObject({ code: 'task-gone' });
  });

  it('takes steps, by a function or with an observation, and keeps the house’s names', async () => {
    const ctx = open();
    expect(await ctx.step('one', act)).toBe('done');
    expect(await ctx.step('two', { act })).toBe('done');
    expect(await ctx.step('one', () => Promise.reject(new Error('again')))).toBe('done');
    await expect(ctx.step('task-begin', act)).rejects.toMatchObject({ code: 'reserved-step' });
    await expect(ctx.step('notify-task-started', act)).rejects.toMatchObject({ code: 'reserved-step' });
    expect(journal.done).toEqual(['one', 'two']);
  });

  it('tells an outage of Redis from the same words of somebody else', async () => {
    const refused = new Error('connect ECONNREFUSED 127.0.0.1:6379');
    await expect(open().step('theirs', () => Promise.reject(refused))).rejects.toBe(refused);
    const broken = { ...journal, step: () => Promise.reject(refused) };
    await expect(open({ journal: broken }).step('ours', act)).rejects.toMatchObject({ code: 'redis-unavailable' });
  });

  it('says who has what it can not have', async () => {
    await open().claim('free');
    await expect(open().claim('s1/l1')).rejects.toMatchObject({
      kind: 'conflict',
      code: 'claimed',
      message: `restart ${'b'.repeat(24)} has s1/l1 for itself and is not settled yet.`,
    });
  });
});

describe('a cancel', () => {
  it('wakes a sleep, aborts the signal, and lets no further step begin', async () => {
    const ctx = open();
    const sleeping = ctx.sleep(60_000);
    kept = { ...record, status: 'CANCELLED' };
    await expect(sleeping).rejects.toThrow(TaskCancelled);
    expect([ctx.cancelled, ctx.signal.aborted]).toEqual([true, true]);
    await expect(ctx.step('one', act)).rejects.toThrow(TaskCancelled);
    await expect(ctx.sleep(1)).rejects.toThrow(TaskCancelled);
    expect(journal.done).toEqual([]);
  });

  it('is seen at an update before anybody has looked', async () => {
    const ctx = open();
    kept = { ...record, status: 'CANCELLED' };
    await ctx.update({ window: 1 });
    await expect(ctx.step('one', act)).rejects.toThrow(TaskCancelled);
  });

  it('stops nothing while it settles', async () => {
    const { cancel: _none, ...settling } = { cancel: undefined, record: { ...record, status: 'CANCELLED' as const } };
    const { ctx } = createTaskContext({
      ...settling,
      tasks: {} as Tasks,
      journal,
      log,
      stacks: {} as TaskStacks,
      aws: {} as ContextParts['aws'],
      pollMs: 5,
      stopping: stopping.signal,
    });
    await ctx.sleep(1);
    await ctx.step('come-up', act);
    expect([ctx.cancelled, ctx.signal.aborted, journal.done]).toEqual([true, false, ['come-up']]);
  });
});

describe('a sleep', () => {
  it('ends when the process is stopping, and when the right to act is lost, each with its reason', async () => {
    const ctx = open();
    stopping.abort(new Interrupted());
    await expect(ctx.sleep(60_000)).rejects.toThrow(Interrupted);

    const lost = new LeaseLost('task:1', 'it was not renewed in time');
    const lease = new AbortController();
    const guard = { signal: lease.signal, assertHeld: () => undefined };
    const other = open({ journal: { ...journal, guard }, stopping: new AbortController().signal });
    const over = isOver(other.signal);
    const sleeping = other.sleep(60_000);
    lease.abort(lost);
    await expect(sleeping).rejects.toBe(lost);
    await over;
    expect(lost).toBeInstanceOf(AppError);
  });
});
