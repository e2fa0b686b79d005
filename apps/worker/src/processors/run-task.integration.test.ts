import { AppError, createSilentLogger } from '@quartermaster/foundation';
import { createJournals, RetryLater, type Producer } from '@quartermaster/jobs';
import { createTasks, type TaskRecord, type Tasks } from '@quartermaster/stores';
import {
  AppError as LentAppError,
  defineTask,
  TaskCancelled,
  type AnyTask,
  type TaskContext,
  type TaskModule,
} from '@quartermaster/tasks';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import Joi from 'joi';
import { createNotify } from '../notify.js';
import type { TaskSurroundings } from '../tasks/create-context.js';
import { createRunTask } from './run-task.js';

type Fields = { readonly count: number };
type Context = TaskContext<Fields>;

let test: TestRedis;
let tasks: Tasks;
/** What Slack would hear, in order. */
let told: string[];
let clock: number;
let ids = 0;
beforeEach(async () => {
  test = await openTestRedis();
  tasks = createTasks(test.redis, test.keys, 3_600_000);
  told = [];
  clock = Date.now();
});
afterEach(() => test.close());

function taskOf(module: TaskModule<Fields> | (() => Promise<unknown>)): AnyTask {
  const run = typeof module === 'function' ? module : () => Promise.resolve(module);
  return defineTask<Fields>({
    name: 'test-task',
    schema: Joi.object<Fields>({ count: Joi.number() }),
    describe: ({ count }) => `count to ${count}`,
    run: run as () => Promise<TaskModule<Fields>>,
  });
}

/** A worker that knows this task, or none, over the one Redis. */
function workerOf(definition: AnyTask | undefined) {
  const producer = {
    enqueue: (_name: string, { event_id, text }: { event_id: string; text: string }) =>
      Promise.resolve(void told.push(`${event_id.split('-')[1]}: ${text.replace(/ \(<[^>]*>\)/, '')}`)),
  } as unknown as Producer;
  const surroundings = { pollMs: 5, stopping: new AbortController().signal, aws: {}, stacks: {} };
  const processor = createRunTask({
    tasks,
    registry: { find: () => definition, names: () => [], broken: () => [] },
    notify: createNotify(producer),
    surroundings: surroundings as unknown as TaskSurroundings,
    webUrl: 'http://127.0.0.1:5000',
    pauseMs: 20,
    now: () => clock,
  });
  const { redis, keys } = test;
  const log = createSilentLogger();
  const under = async (id: string, call: 'run' | Error): Promise<unknown> => {
    const journal = await createJournals({ redis, keys, log, leaseMs: 60_000 }).open(`task:${id}`, 60_000);
    const context = { journal, log, request_id: 'r1' };
    const payload = { task: 'test-task', task_id: id };
    const done = call === 'run' ? processor.run(payload, context) : processor.giveUp?.(payload, call, context);
    // What is thrown is what the retry rule sees.
    const thrown = await done?.catch((error: unknown) => error);
    await journal.close();
    return thrown;
  };
  return { run: (id: string) => under(id, 'run'), giveUp: (id: string, error: Error) => under(id, error) };
}

async function accept(): Promise<string> {
  const id = (ids += 1).toString(16).padStart(24, '0');
  const job = { id: `task-${id}`, name: 'run-task', payload: {} };
  await tasks.accept(
    { id, task: 'test-task', fields: { count: 0 }, request_id: 'r1', slack_channel: 'ops', job },
    clock,
  );
  return id;
}
const show = async (id: string): Promise<TaskRecord | undefined> => tasks.load('test-task', id, clock);
const raise = (error: Error): never => {
  throw error;
};
const away = new AppError('unavailable', 'cloud-away', 'The cloud is away.');

describe('running a task', () => {
  it('begins it, completes it, and tells both once, however often its job comes', async () => {
    const worker = workerOf(taskOf({ run: (ctx) => ctx.update({ count: ctx.record.fields.count + 1 }) }));
    const id = await accept();
    for (let i = 0; i < 3; i += 1) expect(await worker.run(id)).toBeUndefined();
    expect(await show(id)).toMatchObject({ status: 'COMPLETED', settled: true, fields: { count: 1 } });
    expect(told).toEqual(['started: Started `test-task`, count to 0', 'completed: Completed `test-task`, count to 1']);
    expect((await tasks.lastLog('test-task', id, 10)).map(({ message }) => message)).toEqual(['Started: count to 0']);
  });

  it('tells nobody of a quiet one, whatever becomes of it', async () => {
    const quiet = (module: TaskModule<Fields>): AnyTask => ({ ...taskOf(module), isQuiet: ({ count }) => count === 0 });
    const modules: TaskModule<Fields>[] = [
      { run: () => Promise.resolve() },
      { run: () => Promise.reject(new Error('broken')) },
    ];
    for (const module of modules) await workerOf(quiet(module)).run(await accept());
    expect(told).toEqual([]);
    const confused = { ...taskOf({ run: () => Promise.resolve() }), isQuiet: () => raise(new Error('how?')) };
    await workerOf(confused).run(await accept());
    expect(told).toHaveLength(2);
  });

  it('does nothing for one that is not kept any more', async () => {
    expect(await workerOf(taskOf({ run: () => Promise.reject(new Error('ran')) })).run('f'.repeat(24))).toBeUndefined();
    expect(told).toEqual([]);
  });

  it('takes a module as CommonJS shows it, and fails one that is none', async () => {
    const worker = workerOf(taskOf(() => Promise.resolve({ default: { run: () => Promise.resolve() } })));
    const id = await accept();
    await worker.run(id);
    expect(await show(id)).toMatchObject({ status: 'COMPLETED' });

    const other = await accept();
    await workerOf(taskOf(() => Promise.resolve({}))).run(other);
    const exceptions = [{ message: 'The module of test-task exports no function run' }];
    expect(await show(other)).toMatchObject({ status: 'FAILED', settled: true, exceptions });
  });

  it('comes again for patience and outages, and notes an outage once', async () => {
    const throws: Error[] = [new RetryLater(7), away, away, new LentAppError('unavailable', 'x', 'Another.')];
    const worker = workerOf(taskOf({ run: () => Promise.reject(throws.shift() ?? new Error('unexpected')) }));
    const id = await accept();
    expect(await worker.run(id)).toMatchObject({ delayMs: 7 });
    for (const code of ['cloud-away', 'cloud-away', 'x']) expect(await worker.run(id)).toMatchObject({ code });
    const record = await show(id);
    expect(record?.status).toBe('RUNNING');
    expect(record?.exceptions.map(({ message }) => message)).toEqual(['The cloud is away.', 'Another.']);
  });

  it('fails, settles and tells the reason once its attempts are used up, and goes on with that after a crash', async () => {
    let settled = 0;
    const settle = (): Promise<void> => Promise.resolve(void (settled += 1));
    const worker = workerOf(taskOf({ run: () => Promise.reject(away), settle }));
    const id = await accept();
    await worker.run(id);
    await worker.giveUp(id, away);
    await worker.giveUp(id, away);
    await worker.run(id);
    expect(await show(id)).toMatchObject({ status: 'FAILED', settled: true });
    expect([settled, told.at(-1)]).toEqual([1, 'failed: Failed: `test-task`, count to 0: The cloud is away']);
  });
});

describe('a cancel', () => {
  const cancel = (id: string): Promise<unknown> => tasks.cancel('test-task', id, clock);

  it('that comes as the task asks for patience is not left waiting', async () => {
    const id = await accept();
    let settled = false;
    const run = async (): Promise<void> => {
      await cancel(id);
      throw new RetryLater(3_600_000);
    };
    await workerOf(taskOf({ run, settle: () => Promise.resolve(void (settled = true)) })).run(id);
    expect([settled, await show(id)]).toMatchObject([true, { status: 'CANCELLED', settled: true }]);
    expect(told.map((text) => text.split(':')[0])).toEqual(['started', 'cancelled']);
  });

  it('that comes as the task returns holds', async () => {
    const id = await accept();
    await workerOf(taskOf({ run: async () => void (await cancel(id)) })).run(id);
    expect(await show(id)).toMatchObject({ status: 'CANCELLED', settled: true });
  });

  it('keeps what broke beside it, and is thrown into whoever waits', async () => {
    const id = await accept();
    const seen: unknown[] = [];
    const run = async (ctx: Context): Promise<void> => {
      await cancel(id);
      await ctx.sleep(60_000).catch((error: unknown) => seen.push(error instanceof TaskCancelled, ctx.cancelled));
      throw new Error('and then it broke');
    };
    await workerOf(taskOf({ run })).run(id);
    expect(seen).toEqual([true, true]);
    expect(await show(id)).toMatchObject({ status: 'CANCELLED', exceptions: [{ message: 'and then it broke' }] });
  });

  it('of one that never ran calls no settle', async () => {
    const id = await accept();
    const journal = await createJournals({ ...test, log: createSilentLogger(), leaseMs: 60_000 }).open(
      `task:${id}`,
      60_000,
    );
    await tasks.begin('test-task', id, journal.holder, clock);
    await journal.close();
    await cancel(id);
    const settle = (): Promise<void> => Promise.reject(new Error('settled'));
    expect(await workerOf(taskOf({ run: settle, settle })).run(id)).toBeUndefined();
    expect(await show(id)).toMatchObject({ status: 'CANCELLED', settled: true, exceptions: [] });
  });
});

describe('settling', () => {
  it('is tried until it works, ever more slowly, by patience or by pauses', async () => {
    const throws: Error[] = [new RetryLater(9), new Error('not yet'), away];
    const settle = (): Promise<void> => (throws.length > 0 ? Promise.reject(throws.shift()) : Promise.resolve());
    const worker = workerOf(taskOf({ run: () => Promise.reject(new Error('broken')), settle }));
    const id = await accept();
    expect(await worker.run(id)).toMatchObject({ name: 'RetryLater', delayMs: 9 });
    expect(await worker.run(id)).toMatchObject({ name: 'RetryLater', delayMs: 20 });
    clock += 500_000;
    expect(await worker.run(id)).toMatchObject({ name: 'RetryLater', delayMs: 60_000 });
    expect(await show(id)).toMatchObject({ status: 'FAILED', settled: false });
    expect(await worker.run(id)).toBeUndefined();
    expect(await show(id)).toMatchObject({ status: 'FAILED', settled: true, exceptions: [{ message: 'broken' }] });
    const lines = (await tasks.lastLog('test-task', id, 10)).map(({ message }) => message);
    expect(lines.filter((line) => line.includes('could not be brought back'))).toHaveLength(2);
    expect(told.map((text) => text.split(':')[0])).toEqual(['started', 'failed']);
  });
});

describe('a kind of task that this worker does not know', () => {
  it('waits for a worker that does, and fails after ten minutes where there is none', async () => {
    const ignorant = workerOf(undefined);
    const id = await accept();
    for (const passed of [0, 250_000, 250_000, 99_000]) {
      clock += passed;
      expect(await ignorant.run(id)).toMatchObject({ delayMs: 5000 });
    }
    expect(await show(id)).toMatchObject({ status: 'PENDING' });
    const lines = (await tasks.lastLog('test-task', id, 10)).map(({ message }) => message);
    expect(lines).toEqual([expect.stringMatching(/does not know a kind of task.*Waiting for one that does$/)]);
    clock += 2_000;
    expect(await ignorant.run(id)).toBeUndefined();
    const record = await show(id);
    expect(record).toMatchObject({ status: 'FAILED', settled: true, exceptions: [{ code: 'unknown-task' }] });
    expect(record?.exceptions[0]?.message).toContain('set TASKS_DIR for the worker');
    expect(told).toEqual([expect.stringMatching(/^failed: Failed: `test-task`/)]);
  });

  it('is given time anew after a while in which nobody looked', async () => {
    const ignorant = workerOf(undefined);
    const id = await accept();
    expect(await ignorant.run(id)).toMatchObject({ delayMs: 5000 });
    clock += 3_600_000;
    expect(await ignorant.run(id)).toMatchObject({ delayMs: 5000 });
    expect(await show(id)).toMatchObject({ status: 'PENDING' });
  });

  it('is never given up where a worker that knew it has begun it', async () => {
    const ignorant = workerOf(undefined);
    const knowing = workerOf(taskOf({ run: () => Promise.reject(new RetryLater(1)) }));
    const id = await accept();
    await ignorant.run(id);
    await knowing.run(id);
    for (let hour = 0; hour < 3; hour += 1) {
      for (let minute = 0; minute < 15; minute += 1) {
        clock += 240_000;
        expect(await ignorant.run(id)).toMatchObject({ delayMs: 5000 });
      }
    }
    expect(await show(id)).toMatchObject({ status: 'RUNNING', exceptions: [] });
    await workerOf(taskOf({ run: () => Promise.resolve() })).run(id);
    expect(await show(id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('is not settled by it where it may have left something in the middle', async () => {
    const id = await accept();
    await workerOf(taskOf({ run: () => Promise.reject(new RetryLater(1)) })).run(id);
    await tasks.cancel('test-task', id, clock);
    for (let times = 0; times < 2; times += 1) {
      expect(await workerOf(undefined).run(id)).toMatchObject({ delayMs: 60_000 });
    }
    expect(await show(id)).toMatchObject({ status: 'CANCELLED', settled: false });
    const lines = (await tasks.lastLog('test-task', id, 10)).map(({ message }) => message);
    expect(lines.filter((line) => line.includes('put its folder back into TASKS_DIR'))).toHaveLength(1);
    await workerOf(taskOf({ run: () => Promise.resolve() })).run(id);
    expect(await show(id)).toMatchObject({ status: 'CANCELLED', settled: true });
  });
});
