import { createSilentLogger, type EffectGuard } from '@quartermaster/foundation';
import { createProducer, type Producer } from '@quartermaster/jobs';
import { createTasks, createTaskWakes, type Tasks } from '@quartermaster/stores';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createWakeCancelledTasks } from './wake-cancelled-tasks.js';

const guard: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };

let test: TestRedis;
let producer: Producer;
let tasks: Tasks;
beforeEach(async () => {
  test = await openTestRedis();
  producer = createProducer(test.redis, test.keys, createSilentLogger());
  tasks = createTasks(test.redis, test.keys, 60_000);
});
afterEach(async () => {
  await producer.close();
  await test.close();
});

const doChore = (): Promise<void> =>
  createWakeCancelledTasks(createTaskWakes(test.redis, test.keys), producer).run(guard);
/** A task whose job waits for an hour. */
async function sleeping(id: string): Promise<void> {
  const payload = { task: 'restart', task_id: id };
  const job = producer.describe('run-task', payload, { due_at: Date.now() + 3_600_000 });
  await tasks.accept({ id, task: 'restart', fields: {}, request_id: 'r', job }, Date.now());
  await producer.dispatch(job);
}
async function figures(): Promise<object | undefined> {
  return (await producer.inspect()).find(({ name }) => name === 'tasks');
}
const remembered = (): Promise<string[]> => test.redis.smembers(test.keys.tasksToWake);

describe('a cancel whose wake-up was lost', () => {
  it('wakes the job of a running task each round, until the task is settled', async () => {
    await sleeping('a');
    await sleeping('b');
    const writer = { subject: 'task:a', fence: 1 };
    await test.redis.set(test.keys.lease(writer.subject), 1);
    await tasks.begin('restart', 'a', writer, Date.now());
    await tasks.cancel('restart', 'a', Date.now());
    await doChore();
    expect(await figures()).toMatchObject({ delayed: 1, waiting: 1 });
    await doChore();
    expect(await remembered()).toEqual(['restart:a']);
    await tasks.settle('restart', 'a', writer, Date.now());
    expect(await remembered()).toEqual([]);
  });

  it('wakes the job of a task that had not begun, and is forgotten once that does not wait any more', async () => {
    await sleeping('a');
    await tasks.cancel('restart', 'a', Date.now());
    await doChore();
    expect(await figures()).toMatchObject({ delayed: 0, waiting: 1 });
    expect(await remembered()).toEqual(['restart:a']);
    await doChore();
    expect(await remembered()).toEqual([]);
  });
});
