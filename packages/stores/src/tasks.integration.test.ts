import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createOpenJobs, type OpenJob } from './open-jobs.js';
import type { JsonObject, TaskRecord } from './task-record.js';
import { createTasks, trimTasks, type NewTask, type Tasks, type TaskWriter } from './tasks.js';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const KEPT = 1000;
const EXCEPTION = { message: 'It broke', code: 'broken', timestamp: '2026-01-02T03:04:06.000Z' };

let test: TestRedis;
let tasks: Tasks;
beforeEach(async () => {
  test = await openTestRedis();
  tasks = createTasks(test.redis, test.keys, KEPT);
});
afterEach(() => test.close());

const job = (id: string): OpenJob => ({
  id: `task-${id}`,
  name: 'run-task',
  payload: { task: 'restart', task_id: id },
});
const newTask = (id: string, fields: JsonObject = { stack: 'shop' }): NewTask => ({
  id,
  task: 'restart',
  fields,
  request_id: 'r1',
  job: job(id),
});
const accept = (id: string, fields?: JsonObject): Promise<string> => tasks.accept(newTask(id, fields), NOW);
const load = (id: string, now = NOW): Promise<TaskRecord | undefined> => tasks.load('restart', id, now);

/** Takes the subject, as the journal would. */
async function holds(id: string, fence = 1): Promise<TaskWriter> {
  const subject = `task:${id}`;
  await test.redis.set(test.keys.lease(subject), fence);
  return { subject, fence };
}
async function running(id: string, fields?: JsonObject): Promise<TaskWriter> {
  await accept(id, fields);
  const writer = await holds(id);
  await tasks.begin('restart', id, writer, NOW);
  return writer;
}

describe('a new task', () => {
  it('is kept as it was sent, with its open job', async () => {
    const fields = { stack: 'shop', window: 2, plan: false, tags: ['a', 'b'], deep: { a: [1, null] }, nothing: [] };
    const sent = { ...newTask('a', fields), slack_channel: '#ops', due_at: NOW + 5000 };
    expect(await tasks.accept(sent, NOW)).toBe('accepted');
    expect(await load('a')).toEqual({
      id: 'a',
      task: 'restart',
      status: 'PENDING',
      settled: false,
      fields,
      exceptions: [],
      request_id: 'r1',
      slack_channel: '#ops',
      due_at: '2026-01-02T03:04:10.000Z',
      date_created: '2026-01-02T03:04:05.000Z',
      date_updated: '2026-01-02T03:04:05.000Z',
    });
    expect(await createOpenJobs(test.redis, test.keys).load('task-a')).toEqual(job('a'));
    expect(await load('b')).toBeUndefined();
  });

  it('is the same under the same id, and nothing of it changes', async () => {
    await accept('a');
    const writer = await holds('a');
    await tasks.begin('restart', 'a', writer, NOW + 1);
    expect(await tasks.accept(newTask('a', { stack: 'other' }), NOW + 2)).toBe('same');
    expect(await load('a')).toMatchObject({ status: 'RUNNING', fields: { stack: 'shop' } });
  });
});

describe('a run', () => {
  it('begins, changes fields, and completes settled', async () => {
    await accept('a', { stack: 'shop', done: [] });
    const writer = await holds('a');
    expect(await tasks.begin('restart', 'a', writer, NOW + 1)).toMatchObject({ status: 'RUNNING' });
    const updated = await tasks.update('restart', 'a', { done: ['one'], added: 'x' }, writer, NOW + 2);
    expect(updated).toMatchObject({ fields: { stack: 'shop', done: ['one'], added: 'x' } });
    expect(updated?.date_updated).toBe(new Date(NOW + 2).toISOString());
    const ended = await tasks.end('restart', 'a', 'COMPLETED', undefined, writer, NOW + 3);
    expect(ended).toMatchObject({ status: 'COMPLETED', settled: true, date_updated: new Date(NOW + 3).toISOString() });
    expect(await load('a')).toEqual(ended);
  });

  it('that has begun or ended comes back as it is', async () => {
    const writer = await running('a');
    const before = await load('a');
    expect(await tasks.begin('restart', 'a', writer, NOW + 9)).toEqual(before);
    await tasks.end('restart', 'a', 'FAILED', EXCEPTION, writer, NOW + 10);
    expect(await tasks.begin('restart', 'a', writer, NOW + 11)).toMatchObject({ status: 'FAILED', settled: false });
    expect(await tasks.begin('restart', 'gone', await holds('gone'), NOW)).toBeUndefined();
  });

  it('fails with its reason, unsettled until it is settled; ending it again changes nothing', async () => {
    const writer = await running('a');
    await tasks.noteException('restart', 'a', { ...EXCEPTION, message: 'at first' }, writer, NOW + 1);
    await tasks.end('restart', 'a', 'FAILED', EXCEPTION, writer, NOW + 2);
    const again = await tasks.end('restart', 'a', 'COMPLETED', EXCEPTION, writer, NOW + 3);
    expect(again).toMatchObject({ status: 'FAILED', settled: false });
    expect(again?.exceptions.map(({ message }) => message)).toEqual(['at first', 'It broke']);
    await tasks.update('restart', 'a', { stack: 'while settling' }, writer, NOW + 3);
    await tasks.settle('restart', 'a', writer, NOW + 4);
    expect(await load('a')).toMatchObject({ status: 'FAILED', settled: true, fields: { stack: 'while settling' } });
    await tasks.update('restart', 'a', { stack: 'too late' }, writer, NOW + 5);
    expect((await load('a'))?.fields).toEqual({ stack: 'while settling' });
  });

  it('is not settled while it runs', async () => {
    const writer = await running('a');
    await tasks.settle('restart', 'a', writer, NOW);
    expect(await load('a')).toMatchObject({ status: 'RUNNING', settled: false });
  });

  it('keeps the newest 100 exceptions', async () => {
    const writer = await running('a');
    for (let i = 0; i < 103; i += 1) {
      await tasks.noteException('restart', 'a', { ...EXCEPTION, message: `number ${i}` }, writer, NOW);
    }
    const { exceptions = [] } = (await load('a')) ?? {};
    expect(exceptions).toHaveLength(100);
    expect(exceptions[0]?.message).toBe('number 3');
  });
});

describe('a writer that has been replaced', () => {
  it('changes nothing and is told', async () => {
    const writer = await running('a');
    const before = await load('a');
    await holds('a', 2);
    const lost = expect.objectContaining({ kind: 'unavailable', code: 'lease-lost' }) as Error;
    const at = ['restart', 'a'] as const;
    await expect(tasks.begin(...at, writer, NOW)).rejects.toEqual(lost);
    await expect(tasks.update(...at, { stack: 'x' }, writer, NOW)).rejects.toEqual(lost);
    await expect(tasks.noteException(...at, EXCEPTION, writer, NOW)).rejects.toEqual(lost);
    await expect(tasks.end(...at, 'FAILED', EXCEPTION, writer, NOW)).rejects.toEqual(lost);
    await expect(tasks.settle(...at, writer, NOW)).rejects.toEqual(lost);
    await expect(tasks.claim(...at, 'layer', writer, NOW)).rejects.toEqual(lost);
    await test.redis.del(test.keys.lease('task:a'));
    await expect(tasks.update(...at, { stack: 'x' }, writer, NOW)).rejects.toEqual(lost);
    expect(await load('a')).toEqual(before);
  });
});

describe('a cancel', () => {
  it('of a pending task settles it at once, and opens its job', async () => {
    await accept('a');
    const cancelled = await tasks.cancel('restart', 'a', NOW + 1, {
      id: 'tell',
      name: 'send-notification',
      payload: {},
    });
    expect(cancelled).toMatchObject({ outcome: 'cancelled', record: { status: 'CANCELLED', settled: true } });
    expect(await createOpenJobs(test.redis, test.keys).load('tell')).toBeDefined();
    expect(await tasks.begin('restart', 'a', await holds('a'), NOW + 2)).toMatchObject({ status: 'CANCELLED' });
    expect((await tasks.cancel('restart', 'a', NOW + 3)).outcome).toBe('ended');
  });

  it('of a running one leaves the settling to the worker, and is answered again until that is done', async () => {
    const writer = await running('a');
    expect(await tasks.cancel('restart', 'a', NOW + 1)).toMatchObject({
      outcome: 'cancelled',
      record: { status: 'CANCELLED', settled: false },
    });
    expect((await tasks.cancel('restart', 'a', NOW + 2)).outcome).toBe('already');
    expect(await tasks.update('restart', 'a', { stack: 'y' }, writer, NOW + 3)).toMatchObject({ status: 'CANCELLED' });
    expect(await tasks.end('restart', 'a', 'COMPLETED', undefined, writer, NOW + 4)).toMatchObject({
      status: 'CANCELLED',
      settled: false,
    });
    await tasks.settle('restart', 'a', writer, NOW + 5);
    expect((await tasks.cancel('restart', 'a', NOW + 6)).outcome).toBe('ended');
    expect((await tasks.cancel('restart', 'gone', NOW)).outcome).toBe('unknown');
  });

  it('that races with the beginning, or the end, leaves one of the two', async () => {
    for (let i = 0; i < 40; i += 1) {
      const id = `b${i}`;
      await accept(id);
      const writer = await holds(id);
      const [begun, cancelled] = await Promise.all(
        i % 2 === 0
          ? [tasks.begin('restart', id, writer, NOW), tasks.cancel('restart', id, NOW)]
          : await tasks
              .begin('restart', id, writer, NOW)
              .then(() => [
                tasks.end('restart', id, 'COMPLETED', undefined, writer, NOW),
                tasks.cancel('restart', id, NOW),
              ]),
      );
      const record = await load(id);
      if (i % 2 === 0) {
        expect((cancelled as { outcome: string }).outcome).toBe('cancelled');
        expect(record).toMatchObject({ status: 'CANCELLED', settled: (begun as TaskRecord).status === 'CANCELLED' });
      } else {
        const { outcome } = cancelled as { outcome: string };
        expect(record?.status).toBe(outcome === 'cancelled' ? 'CANCELLED' : 'COMPLETED');
        expect(record?.settled).toBe(outcome !== 'cancelled');
      }
    }
  });
});

describe('a claim', () => {
  const claim = async (id: string, name = 'layer'): Promise<unknown> =>
    tasks.claim('restart', id, name, await holds(id), NOW);

  it('is had by one, again by the same, and by others once that one is settled', async () => {
    const [a] = [await running('a'), await running('b'), await running('c')];
    expect(await claim('a')).toEqual({ claimed: true });
    expect(await claim('a')).toEqual({ claimed: true });
    expect(await claim('b')).toEqual({ claimed: false, holder: 'a' });
    expect(await claim('b', 'another')).toEqual({ claimed: true });
    await tasks.cancel('restart', 'a', NOW);
    expect(await claim('c')).toEqual({ claimed: false, holder: 'a' });
    await tasks.settle('restart', 'a', a, NOW);
    expect(await claim('c')).toEqual({ claimed: true });
    expect(await test.redis.hgetall(test.keys.taskClaims('restart'))).toEqual({ layer: 'c', another: 'b' });
  });

  it('of two at the same moment is had by one', async () => {
    await Promise.all([running('a'), running('b')]);
    const answers = (await Promise.all([claim('a'), claim('b')])) as { claimed: boolean }[];
    expect(answers.filter(({ claimed }) => claimed)).toHaveLength(1);
  });

  it('is free at the end of a completed task, and where the record of its holder is gone', async () => {
    const a = await running('a');
    await running('b');
    await claim('a');
    await tasks.end('restart', 'a', 'COMPLETED', undefined, a, NOW);
    expect(await test.redis.exists(test.keys.taskClaims('restart'))).toBe(0);
    await test.redis.hset(test.keys.taskClaims('restart'), 'layer', 'lost');
    expect(await claim('b')).toEqual({ claimed: true });
    await expect(claim('a')).rejects.toMatchObject({ code: 'task-settled' });
  });
});

describe('resuming', () => {
  const resume = (id: string, former: string): Promise<unknown> => tasks.resume(newTask(id), former, NOW + 9);

  it('ties two tasks together, once', async () => {
    const writer = await running('a');
    expect(await resume('b', 'a')).toEqual({ outcome: 'unsettled' });
    await tasks.end('restart', 'a', 'FAILED', EXCEPTION, writer, NOW);
    expect(await resume('b', 'a')).toEqual({ outcome: 'unsettled' });
    await tasks.settle('restart', 'a', writer, NOW);
    expect(await resume('b', 'a')).toEqual({ outcome: 'accepted' });
    expect(await resume('b', 'a')).toEqual({ outcome: 'same' });
    expect(await resume('c', 'a')).toEqual({ outcome: 'resumed', by: 'b' });
    expect(await load('a')).toMatchObject({ resumed_by: 'b', date_updated: new Date(NOW + 9).toISOString() });
    expect(await load('b')).toMatchObject({ resumed_from: 'a', status: 'PENDING' });
    expect(await load('c')).toBeUndefined();
  });

  it('needs a task that is kept; whether something is left of a completed one, the task itself knows', async () => {
    const writer = await running('a');
    await tasks.end('restart', 'a', 'COMPLETED', undefined, writer, NOW);
    expect(await resume('b', 'a')).toEqual({ outcome: 'accepted' });
    expect(await resume('c', 'gone')).toEqual({ outcome: 'unknown' });
  });
});

describe('retention', () => {
  it('is counted from when a task is settled; what is pending or running stays', async () => {
    const writer = await running('a');
    await accept('pending');
    await running('running');
    await tasks.appendLog('restart', 'a', [{ level: 'info', message: 'hello' }]);
    await tasks.end('restart', 'a', 'FAILED', EXCEPTION, writer, NOW);
    expect(await load('a', NOW + 10 * KEPT)).toBeDefined();
    await tasks.settle('restart', 'a', writer, NOW + 500);
    expect(await load('a', NOW + 499 + KEPT)).toBeDefined();
    expect(await load('a', NOW + 500 + KEPT)).toBeUndefined();
    expect((await tasks.cancel('restart', 'a', NOW + 500 + KEPT)).outcome).toBe('unknown');
    expect(await trimTasks(test.redis, test.keys, NOW + 499 + KEPT)).toBe(0);
    expect(await trimTasks(test.redis, test.keys, NOW + 100 * KEPT)).toBe(1);
    expect(await trimTasks(test.redis, test.keys, NOW + 100 * KEPT)).toBe(0);
    const left = await test.redis.keys(`${test.keys.taskRecords}:*`);
    expect(left.sort()).toEqual([test.keys.task('restart', 'pending'), test.keys.task('restart', 'running')]);
    expect(await load('pending', NOW + 100 * KEPT)).toBeDefined();
  });

  it('leaves nothing of a task in any index', async () => {
    const fields = { stack: 'shop', window: 2, plan: true, hosts: ['a', 'b'], at: '2026-01-01T00:00:00.000Z' };
    await tasks.accept({ ...newTask('a', fields), due_at: NOW }, NOW);
    await tasks.cancel('restart', 'a', NOW);
    await trimTasks(test.redis, test.keys, NOW + KEPT);
    expect(await test.redis.keys(`${test.keys.taskIndexes}*`)).toEqual([]);
    expect(await test.redis.keys(`${test.keys.taskRecords}:*`)).toEqual([]);
  });

  it('is seen to when a task is accepted, and when tasks are asked for', async () => {
    for (const id of ['a', 'b']) {
      await accept(id);
      await tasks.cancel('restart', id, NOW);
    }
    const { num_found } = await tasks.query('other', { conditions: [], sort: [], page: 1, limit: 1 }, NOW + KEPT);
    expect(num_found).toBe(0);
    expect(await test.redis.zcard(test.keys.tasksExpiring)).toBe(0);
    await accept('c');
    await tasks.cancel('restart', 'c', NOW);
    await tasks.accept(newTask('d'), NOW + KEPT);
    expect(await test.redis.zcard(test.keys.tasksExpiring)).toBe(0);
  });
});

describe('a log', () => {
  it('is read in order, from a place on, or its end', async () => {
    await accept('a');
    const lines = ['one', 'two', 'three'].map((message) => ({ level: 'info' as const, message }));
    await tasks.appendLog('restart', 'a', lines);
    await tasks.appendLog('restart', 'a', [
      { level: 'error', message: 'l', timestamp: '2026-01-02T03:04:05.000Z' },
      { level: 'warn', message: 'x'.repeat(10_000) },
    ]);
    const all = await tasks.readLog('restart', 'a', { limit: 100 });
    expect(all.map(({ message }) => message.slice(0, 5))).toEqual(['one', 'two', 'three', 'l', 'xxxxx']);
    expect(all[3]).toMatchObject({ level: 'error', timestamp: '2026-01-02T03:04:05.000Z' });
    expect(all[4]?.message).toHaveLength(8000);
    expect(await tasks.readLog('restart', 'a', { after: all[0]?.id, limit: 2 })).toEqual(all.slice(1, 3));
    expect(await tasks.lastLog('restart', 'a', 2)).toEqual(all.slice(3));
    expect(await tasks.readLog('restart', 'none', { limit: 5 })).toEqual([]);
  });

  it('is not begun for a task that is not kept', async () => {
    await tasks.appendLog('restart', 'gone', [{ level: 'info', message: 'hello' }]);
    expect(await test.redis.exists(test.keys.taskLog('restart', 'gone'))).toBe(0);
  });

  it('is followed with others at once, together with how their tasks stand', async () => {
    const writer = await running('a');
    await accept('b');
    await tasks.appendLog('restart', 'a', [
      { level: 'info', message: 'one' },
      { level: 'info', message: 'two' },
    ]);
    const places = ['a', 'b', 'gone'].map((id) => ({ task: 'restart', id, after: '0' }));
    const [a, b, gone] = await tasks.followLogs(places, 1);
    expect(a).toMatchObject({ status: 'RUNNING', settled: false, lines: [{ message: 'one' }] });
    expect(b).toEqual({ status: 'PENDING', settled: false, lines: [] });
    expect(gone).toEqual({ status: undefined, settled: false, lines: [] });
    await tasks.end('restart', 'a', 'COMPLETED', undefined, writer, NOW);
    const next = await tasks.followLogs([{ task: 'restart', id: 'a', after: a?.lines[0]?.id ?? '' }], 5);
    expect(next).toMatchObject([{ status: 'COMPLETED', settled: true, lines: [{ message: 'two' }] }]);
    expect(await tasks.followLogs([], 5)).toEqual([]);
  });
});
