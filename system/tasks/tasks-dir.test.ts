import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@quartermaster/testing';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { eventsOfTask, stepsOfTask } from '../harness/task-traces';
import { getTask, postTask, taskEnds } from '../harness/tasks';

const ROOT = join(__dirname, '../..');

let system: System;
let lane: Lane;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quartermaster-plug-ins-'));
  for (const [name, run] of Object.entries(RUNS)) writeTask(name, run);
  mkdirSync(join(folder, 'broken'));
  writeFileSync(join(folder, 'broken/index.js'), 'throw new Error("the key is missing");');
  system = await startSystem();
  lane = await openLane({ JOB_LOCK: '10s' });
});
afterAll(async () => {
  await system.stop();
  rmSync(folder, { recursive: true, force: true });
});

const openLane = (worker: Record<string, string> = {}): Promise<Lane> => {
  const settings = { TASKS_DIR: folder };
  return system.openLane({ web: settings, worker: { ...settings, ...worker }, start: ['worker'] });
};

/** A user's own tasks. Each may write lines into a file, which stands for the world outside. */
const RUNS = {
  // Goes down, is cancelled, and comes up again in rounds, the first of which fails.
  'down-and-up': `
    exports.run = async (ctx) => {
      await ctx.step('go-down', async () => write('down'));
      await ctx.sleep(60000);
    };
    exports.settle = async (ctx) => {
      if (await once('settle-' + ctx.record.id)) throw new Error('no answer yet');
      await ctx.step('come-up', { act: async () => write('up'), observe: async () => read().includes('up') || undefined });
    };`,
  // Asks for patience twice, meets an outage once, and fails.
  moody: `
    exports.run = async (ctx) => {
      const { rounds } = ctx.record.fields;
      await ctx.update({ rounds: rounds + 1 });
      if (rounds < 2) throw new RetryLater(10);
      if (rounds < 4) throw new AppError('unavailable', 'cloud-away', 'The cloud is away.');
      throw new Error('It rains');
    };`,
  unloadable: `exports.run = async () => {`,
  // Stops without asking anybody until it is told to go on, and writes then.
  freezer: `
    exports.run = async (ctx) => {
      if (await once('freeze-' + ctx.record.id)) {
        write('waiting');
        while (!fs.existsSync(file + '-go-on')) await new Promise((resolve) => setTimeout(resolve, 20));
        await ctx.update({ by: 'the frozen one' }).catch((error) => write('refused ' + error.code));
        await ctx.step('touch', async () => write('touched by the frozen one')).catch((error) => write('refused ' + error.code));
        return;
      }
      await ctx.step('touch', async () => write('touched'));
      await ctx.update({ by: 'the successor' });
    };`,
} as const;

function writeTask(name: string, run: string): void {
  mkdirSync(join(folder, name));
  writeFileSync(
    join(folder, name, 'index.js'),
    `const Joi = require('joi');
     const { defineTask } = require('@quartermaster/tasks');
     module.exports = defineTask({
       name: '${name}', schema: Joi.object({ file: Joi.string().required() }), initial: { rounds: 0 },
       run: () => import('./run.js'),
     });`,
  );
  writeFileSync(
    join(folder, name, 'run.js'),
    `const fs = require('fs');
     const { AppError, RetryLater } = require('@quartermaster/tasks');
     let file;
     const write = (line) => fs.appendFileSync(file, line + '\\n');
     const read = () => fs.readFileSync(file, 'utf8').split('\\n');
     const once = async (mark) => !fs.existsSync(file + mark) && (fs.writeFileSync(file + mark, ''), true);
     ${run}
     for (const name of ['run', 'settle']) {
       const inner = exports[name];
       if (inner) exports[name] = (ctx) => { file = ctx.record.fields.file; return inner(ctx); };
     }`,
  );
}

/** A new file that stands for the world outside. */
function world(name: string): { file: string; lines: () => string[] } {
  const file = join(folder, `world-${name}`);
  appendFileSync(file, '');
  return { file, lines: () => readFileSync(file, 'utf8').split('\n').slice(0, -1) };
}

describe('a folder of tasks outside the repository', () => {
  it('is served beside a broken one, which is named in the log of both processes and by the API', async () => {
    const names = ['down-and-up', 'echo-steps', 'freezer', 'layer-rolling-restart', 'moody', 'unloadable'];
    expect((await lane.api('/tasks')).json()).toEqual(names);
    const detail = (await lane.api<{ name: string; error?: string }[]>('/tasks?detail=true')).json();
    expect(detail.filter(({ error }) => error !== undefined)).toEqual([
      { name: 'broken', error: 'the key is missing' },
    ]);
    for (const one of lane.processes) {
      await eventually(() => {
        const line = one.lines.find((text) => text.includes('A task can not be loaded'));
        expect(JSON.parse(line ?? '{}')).toMatchObject({ task: 'broken', reason: 'the key is missing' });
      });
    }
    const { _id: id } = await postTask(lane.api, 'echo-steps', { steps: 1 });
    await taskEnds(lane.api, 'echo-steps', id, 'COMPLETED');
  });

  it('must be there', async () => {
    const output = await new Promise<string>((resolve) => {
      const env = { PATH: process.env['PATH'], TASKS_DIR: '/no/such/folder' };
      const main = join(ROOT, 'apps/worker/dist/main.js');
      execFile(process.execPath, [main], { env }, (_error, _stdout, stderr) => resolve(stderr));
    });
    expect(output).toContain('TASKS_DIR must be a folder that exists');
  });
});

describe('a task that fails', () => {
  it('is tried again as it asks and while something is out of reach, and says each reason once', async () => {
    const { file } = world('moody');
    const { _id: id } = await postTask(lane.api, 'moody', { file });
    const task = await taskEnds(lane.api, 'moody', id, 'FAILED');
    expect(task['rounds']).toBe(5);
    expect(task.exceptions).toMatchObject([
      { message: 'The cloud is away.', code: 'cloud-away' },
      { message: 'It rains' },
    ]);
    expect(task.log.filter(({ level }) => level !== 'info').map(({ message }) => message)).toEqual([
      'The cloud is away. Trying again',
      'Failed: It rains',
    ]);
    await eventually(async () => {
      expect(await eventsOfTask(system.sandbox, id)).toEqual([`task-started-${id}`, `task-failed-${id}`]);
    });
  });

  it('says so where its module can not even be loaded, and is settled', async () => {
    const { file } = world('unloadable');
    const { _id: id } = await postTask(lane.api, 'unloadable', { file });
    const task = await taskEnds(lane.api, 'unloadable', id, 'FAILED');
    expect(task.exceptions).toMatchObject([{ message: expect.stringMatching(/Unexpected/) }]);
  });
});

describe('a cancelled task', () => {
  it('is settled by calling settle until it returns', async () => {
    const { file, lines } = world('cancelled');
    const { _id: id } = await postTask(lane.api, 'down-and-up', { file });
    await eventually(() => expect(lines()).toEqual(['down']));
    const answer = await lane.api(`/tasks/down-and-up/${id}`, { method: 'DELETE' });
    expect(answer.json()).toMatchObject({ status: 'CANCELLED', settled: false });
    const task = await taskEnds(lane.api, 'down-and-up', id, 'CANCELLED');
    expect(lines()).toEqual(['down', 'up']);
    expect(task.log.map(({ message }) => message)).toContain(
      'What was left in the middle could not be brought back: no answer yet; trying again',
    );
    expect(await stepsOfTask(lane, id)).toEqual(expect.arrayContaining(['go-down', 'task-trouble', 'come-up']));
  });

  it.each(['come-up:before', 'come-up:acted', 'come-up:after', 'notify-task-cancelled:before', 'task-trouble:after'])(
    'is settled once, and told once, where its worker is killed at %s',
    async (point) => {
      const mine = await system.openLane({ web: { TASKS_DIR: folder }, worker: { TASKS_DIR: folder }, start: [] });
      const doomed = mine.startWorker({ CRASH_POINT: `task/${point}`, WORKER_QUEUES: 'tasks' });
      const { file, lines } = world(point);
      const { _id: id } = await postTask(mine.api, 'down-and-up', { file });
      await eventually(() => expect(lines()).toEqual(['down']));
      await mine.api(`/tasks/down-and-up/${id}`, { method: 'DELETE' });
      expect(await doomed.ended).toBe('SIGKILL');
      mine.startWorker({ WORKER_QUEUES: 'tasks' });
      // Messages are posted by one that is not thought dead where it only stands still: it would rightly repeat them.
      mine.startWorker({ WORKER_QUEUES: 'notifications', JOB_LOCK: '60s' });
      await taskEnds(mine.api, 'down-and-up', id, 'CANCELLED');
      expect(lines()).toEqual(['down', 'up']);
      await eventually(async () => {
        expect((await eventsOfTask(system.sandbox, id)).sort()).toEqual([`task-cancelled-${id}`, `task-started-${id}`]);
      });
      await mine.stop();
    },
  );
});

describe('a worker that was frozen in the middle of a task', () => {
  it("overwrites nothing of its successor's and touches nothing", async () => {
    const mine = await openLane();
    const frozen = mine.processes.at(-1);
    const { file, lines } = world('frozen');
    const { _id: id } = await postTask(mine.api, 'freezer', { file });
    await eventually(() => expect(lines()).toEqual(['waiting']));
    frozen?.kill('SIGSTOP');
    // Twice its lock of 1.5 s, and some.
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    mine.startWorker();
    await taskEnds(mine.api, 'freezer', id, 'COMPLETED');
    writeFileSync(`${file}-go-on`, '');
    frozen?.kill('SIGCONT');
    await eventually(() => expect(lines()).toEqual(['waiting', 'touched', 'refused lease-lost', 'refused lease-lost']));
    expect(await getTask(mine.api, 'freezer', id)).toMatchObject({ status: 'COMPLETED', by: 'the successor' });
    expect(existsSync(join(folder, 'freezer'))).toBe(true);
    await mine.stop();
  });
});

describe('a worker without the folder that web has', () => {
  it('leaves a task that it does not know for one that does', async () => {
    const mine = await system.openLane({ web: { TASKS_DIR: folder }, start: ['worker'] });
    const { file } = world('unknown');
    const { _id: id } = await postTask(mine.api, 'moody', { file });
    const [, ignorant] = mine.processes;
    await eventually(() => {
      expect(ignorant?.lines.some((line) => line.includes('does not know a kind of task'))).toBe(true);
    });
    expect(await getTask(mine.api, 'moody', id)).toMatchObject({ status: 'PENDING' });
    await ignorant?.stop();
    mine.startWorker({ TASKS_DIR: folder });
    await taskEnds(mine.api, 'moody', id, 'FAILED');
    await mine.stop();
  });
});
