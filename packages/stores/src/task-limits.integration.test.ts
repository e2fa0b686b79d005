import { createSilentLogger } from '@quartermaster/foundation';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createOpenJobs } from './open-jobs.js';
import type { JsonObject, TaskRecord } from './task-record.js';
import { createTaskWakes } from './task-wakes.js';
import { createTasks, trimTasks, type NewTask, type Tasks, type TaskWriter } from './tasks.js';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const KEPT = 3_600_000;
const EXCEPTION = { message: 'It broke', timestamp: '2026-01-02T03:04:06.000Z' };
const EVERYTHING = { conditions: [], sort: [], page: 1, limit: 10 };

let test: TestRedis;
let tasks: Tasks;
let told: unknown[];
beforeEach(async () => {
  test = await openTestRedis();
  told = [];
  const log = { ...createSilentLogger(), error: (_message: string, fields?: object) => void told.push(fields) };
  tasks = createTasks(test.redis, test.keys, KEPT, log);
});
afterEach(() => test.close());

const newTask = (id: string, fields: JsonObject = {}): NewTask => ({
  id,
  task: 'restart',
  fields,
  request_id: 'r1',
  job: { id: `task-${id}`, name: 'run-task', payload: { task: 'restart', task_id: id } },
});
const load = (id: string): Promise<TaskRecord | undefined> => tasks.load('restart', id, NOW);
async function running(id: string, fields?: JsonObject): Promise<TaskWriter> {
  await tasks.accept(newTask(id, fields), NOW);
  const writer = { subject: `task:${id}`, fence: 1 };
  await test.redis.set(test.keys.lease(writer.subject), 1);
  await tasks.begin('restart', id, writer, NOW);
  return writer;
}
const found = async (field: string, value: string): Promise<number> => {
  const conditions = [{ kind: 'is' as const, field, values: [value] }];
  return (await tasks.query('restart', { ...EVERYTHING, conditions }, NOW)).num_found;
};

describe('half a character', () => {
  it('is replaced wherever a task has it, and the task comes to its end', async () => {
    const writer = await running('a', { steps: ['\ud800'], 'odd\udc00': 'x' });
    expect((await load('a'))?.fields).toEqual({ steps: ['\ufffd'], 'odd\ufffd': 'x' });
    await tasks.update('restart', 'a', { said: 'a\ud83d' }, writer, NOW);
    expect(await found('said', 'a\ufffd')).toBe(1);
    await tasks.noteException('restart', 'a', { ...EXCEPTION, message: '\udfff' }, writer, NOW);
    const ended = await tasks.end('restart', 'a', 'FAILED', { ...EXCEPTION, message: '\ud800' }, writer, NOW);
    expect(ended?.exceptions.map(({ message }) => message)).toEqual(['\ufffd', '\ufffd']);
  });

  it('is not what a line of a log ends in', async () => {
    await running('a');
    await tasks.appendLog('restart', 'a', [{ level: 'info', message: `${'x'.repeat(7999)}😀` }]);
    expect((await tasks.lastLog('restart', 'a', 1))[0]?.message).toBe('x'.repeat(7999));
  });
});

describe('a record', () => {
  it('that can not be read fails no list, and is named once', async () => {
    await tasks.accept(newTask('a'), NOW);
    await tasks.accept(newTask('b'), NOW + 1);
    await test.redis.hset(test.keys.task('restart', 'a'), 'f:x', '{');
    for (let i = 0; i < 2; i += 1) {
      const { records } = await tasks.query('restart', EVERYTHING, NOW);
      expect(records.map(({ id }) => id)).toEqual(['b']);
    }
    expect(await load('a')).toBeUndefined();
    expect(told).toMatchObject([{ task: 'restart', task_id: 'a' }]);
  });

  it('that was written by half is completed by the repetition of its request, as is a lost job', async () => {
    const openJobs = createOpenJobs(test.redis, test.keys);
    await test.redis.hset(test.keys.task('restart', 'a'), 'created', NOW, 'status', 'PENDING', 'settled', '0');
    expect(await load('a')).toMatchObject({ date_updated: new Date(NOW).toISOString() });
    expect(await tasks.accept(newTask('a', { x: 1 }), NOW)).toBe('accepted');
    expect(await load('a')).toMatchObject({ status: 'PENDING', fields: { x: 1 } });
    await openJobs.close('task-a');
    expect(await tasks.accept(newTask('a', { x: 1 }), NOW)).toBe('same');
    expect(await openJobs.load('task-a')).toBeDefined();
  });

  it('whose job is done does not get it back by a repetition', async () => {
    const writer = await running('a');
    await tasks.end('restart', 'a', 'COMPLETED', undefined, writer, NOW);
    await createOpenJobs(test.redis, test.keys).close('task-a');
    expect(await tasks.accept(newTask('a'), NOW)).toBe('same');
    expect(await createOpenJobs(test.redis, test.keys).count()).toBe(0);
  });

  it('is whole, with its job, also where an index can not be written', async () => {
    await test.redis.set(`${test.keys.taskIndexes}:restart:order:date_created`, 'not an index');
    await expect(tasks.accept(newTask('a', { x: 1 }), NOW)).rejects.toThrow('WRONGTYPE');
    expect(await load('a')).toMatchObject({ status: 'PENDING', fields: { x: 1 } });
    expect(await createOpenJobs(test.redis, test.keys).load('task-a')).toBeDefined();
  });

  it('holds 1 MB of fields of its own, and twice as much while it settles', async () => {
    const writer = await running('a', { kept: 'x' });
    const text = 'x'.repeat(600_000);
    await tasks.update('restart', 'a', { one: text }, writer, NOW);
    const refused = { kind: 'unprocessable', code: 'record-too-large' };
    const patch = { two: text, kept: 'y' };
    await expect(tasks.update('restart', 'a', patch, writer, NOW)).rejects.toMatchObject(refused);
    expect((await load('a'))?.fields).toEqual({ kept: 'x', one: text });
    await tasks.update('restart', 'a', { one: 'small', two: text }, writer, NOW);
    await tasks.end('restart', 'a', 'FAILED', EXCEPTION, writer, NOW);
    await tasks.update('restart', 'a', { three: text }, writer, NOW);
    await expect(tasks.update('restart', 'a', { four: `${text}${text}` }, writer, NOW)).rejects.toMatchObject(refused);
    await expect(tasks.accept(newTask('b', { a: text, b: text }), NOW)).rejects.toMatchObject(refused);
    expect(await load('b')).toBeUndefined();
  });

  it('can be asked for by the first 100 values of a list', async () => {
    const hosts = [...Array(150)].map((_, i) => `host-${i}`);
    const writer = await running('a', { hosts });
    expect([await found('hosts', 'host-99'), await found('hosts', 'host-100')]).toEqual([1, 0]);
    await tasks.update('restart', 'a', { hosts: ['host-99', 'other'] }, writer, NOW);
    const counts = await Promise.all(['host-0', 'host-99', 'other'].map((host) => found('hosts', host)));
    expect(counts).toEqual([0, 1, 1]);
  });

  it('has only those values of a list put into the index that are not there yet', async () => {
    const writer = await running('a', { hosts: ['one', 'two'] });
    const key = (value: string): string => `${test.keys.taskIndexes}:restart:is:hosts:=${value}`;
    // Whatever is written would fail here.
    await test.redis.del(key('one'));
    await test.redis.set(key('one'), 'not an index');
    await tasks.update('restart', 'a', { hosts: ['one', 'two', 'three'] }, writer, NOW);
    expect(await test.redis.smembers(key('three'))).toEqual(['a']);
  });
});

describe('a long log', () => {
  const bytesOf = (lines: readonly { message: string }[]): number =>
    lines.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
  const append = (count: number, message: string): Promise<void> =>
    tasks.appendLog(
      'restart',
      'a',
      [...Array(count)].map((_, i) => ({ level: 'info', message: `${i} ${message}` })),
    );
  const all = (): ReturnType<Tasks['readLog']> => tasks.readLog('restart', 'a', { limit: 20_000 });

  it('loses its oldest lines beyond 4 MB, in bytes and not in characters', async () => {
    await running('a');
    for (let i = 0; i < 10; i += 1) await append(30, '€'.repeat(7000));
    const lines = await all();
    expect(bytesOf(lines)).toBeLessThan(4_000_000);
    expect(bytesOf(lines)).toBeGreaterThan(3_700_000);
    expect(lines.at(-1)?.message.startsWith('29 ')).toBe(true);
    const counted = Number(await test.redis.hget(test.keys.task('restart', 'a'), 'log_bytes'));
    expect(counted).toBe(bytesOf(lines) + 50 * lines.length);
  });

  it('loses its oldest lines beyond 10,000', async () => {
    await running('a');
    for (let i = 0; i < 11; i += 1) await append(1000, 'x');
    const lines = await all();
    expect(lines.length).toBeGreaterThanOrEqual(9500);
    expect(lines.length).toBeLessThanOrEqual(10_000);
    expect(lines.at(-1)?.message).toBe('999 x');
  });
});

describe('following', () => {
  it('of a log that can not be read takes nothing from the others', async () => {
    await running('a');
    await running('b');
    await test.redis.set(test.keys.taskLog('restart', 'a'), 'not a log');
    await tasks.appendLog('restart', 'b', [{ level: 'info', message: 'one' }]);
    const greatest = '18446744073709551615-18446744073709551615';
    const [broken, well, ended] = await tasks.followLogs(
      [
        { task: 'restart', id: 'a', after: '0' },
        { task: 'restart', id: 'b', after: '0' },
        { task: 'restart', id: 'b', after: greatest },
      ],
      5,
    );
    expect(broken).toMatchObject({ failure: expect.stringContaining('WRONGTYPE') as string, lines: [] });
    expect(well).toMatchObject({ status: 'RUNNING', lines: [{ message: 'one' }] });
    expect(ended).toEqual({ status: 'RUNNING', settled: false, lines: [] });
  });
});

describe('what belongs to a task', () => {
  const journalTtl = (): Promise<number> => test.redis.pttl(test.keys.journal('task:a'));

  it('goes with it: its journal ends when its record does', async () => {
    const writer = await running('a');
    await test.redis.hset(test.keys.journal('task:a'), 'fence', 1);
    await tasks.end('restart', 'a', 'FAILED', EXCEPTION, writer, NOW);
    expect(await journalTtl()).toBe(-1);
    await tasks.settle('restart', 'a', writer, NOW);
    const first = await journalTtl();
    expect(first).toBeGreaterThan(KEPT - 300_000);
    expect(first).toBeLessThanOrEqual(KEPT);
    // Another worker looks at it once more, and takes the lease.
    await test.redis.persist(test.keys.journal('task:a'));
    await tasks.begin('restart', 'a', writer, NOW + 20_000);
    expect(await journalTtl()).toBeLessThanOrEqual(KEPT - 20_000);
  });

  it('is not remembered as to be woken once its record is gone', async () => {
    await tasks.accept(newTask('a'), NOW);
    await tasks.cancel('restart', 'a', NOW);
    expect(await createTaskWakes(test.redis, test.keys).toWake(10)).toEqual([{ task: 'restart', id: 'a' }]);
    await trimTasks(test.redis, test.keys, NOW + KEPT);
    expect(await createTaskWakes(test.redis, test.keys).toWake(10)).toEqual([]);
  });
});
