import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '@quartermaster/testing';
import { Redis } from 'ioredis';
import { buildReaches, postBuild, setFault, type ShownBuild } from '../harness/builds';
import type { Process } from '../harness/processes';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { tracesOf } from './traces';

/** Heroku kills 30 s after SIGTERM. */
const LIMIT_MS = 28_000;

let system: System;
/** These wait for times of the product, so they run beside the other tests. */
let hanging: Promise<Record<string, { code: number | string; ms: number }>>;
let takeover: Promise<number>;

beforeAll(async () => {
  hanging = stopWhileEc2Hangs();
  system = await startSystem();
  takeover = measureTakeover();
  for (const beside of [hanging, takeover]) beside.catch(() => undefined);
});
afterAll(async () => {
  await Promise.allSettled([hanging, takeover]);
  await system.stop();
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const says = ({ lines }: Process, words: string): boolean => lines.some((line) => line.includes(words));

async function timedStop(one: Process): Promise<{ code: number | string; ms: number }> {
  const startedAt = performance.now();
  const code = await one.stop();
  return { code, ms: Math.round(performance.now() - startedAt) };
}

/** In a world of its own, whose EC2 takes connections and never answers. */
async function stopWhileEc2Hangs(): Promise<Record<string, { code: number | string; ms: number }>> {
  const world = await startSystem();
  try {
    const lane = await world.openLane({ start: [] });
    await setFault(world.sandbox, { kind: 'slow', service: 'ec2', ms: 120_000 });
    const [worker, miniWorker] = [lane.startWorker(), lane.startMiniWorker()];
    await postBuild(lane.api);
    await eventually(async () => {
      expect(says(worker, '"Working"') && says(miniWorker, 'Leading')).toBe(true);
    });
    // Both ask: for the instances, and for the image of the build.
    await pause(1000);
    const [ofWorker, ofMiniWorker] = await Promise.all([timedStop(worker), timedStop(miniWorker)]);
    return { worker: ofWorker, 'mini-worker': ofMiniWorker };
  } finally {
    await world.stop();
  }
}

async function measureTakeover(): Promise<number> {
  const lane = await system.openLane({ start: [] });
  const first = lane.startMiniWorker();
  await eventually(() => expect(says(first, 'Leading')).toBe(true));
  const second = lane.startMiniWorker();
  await eventually(() => expect(says(second, '"Working"')).toBe(true));
  await pause(1000);
  expect(says(second, 'Leading')).toBe(false);
  first.kill('SIGKILL');
  await first.ended;
  const diedAt = performance.now();
  await eventually(() => expect(says(second, 'Leading')).toBe(true), 60_000);
  const ms = Math.round(performance.now() - diedAt);
  await eventually(() => expect(says(second, '"Chore done"')).toBe(true));
  await lane.stop();
  return ms;
}

/** Done exactly once: launched once, in one group, and every message sent once. */
async function expectDoneOnce({ id, instance_ids }: ShownBuild): Promise<void> {
  const expected = [
    `finished-${id}`,
    ...instance_ids.map((instance) => `reported-${id}-${instance}`).sort(),
    `started-${id}`,
  ];
  await eventually(async () => {
    const { count, running, events } = await tracesOf(system.sandbox, id);
    expect([count('RunInstances'), count('CreateSecurityGroup'), count('TerminateInstances')]).toEqual([1, 1, 0]);
    expect([...running].sort()).toEqual([...instance_ids].sort());
    expect([...events].sort()).toEqual(expected);
  });
}

describe('SIGTERM', () => {
  it('ends each process under load with 0, and nothing is lost or done twice', async () => {
    // Nobody is killed: one that stands still for a while is not to be thought dead, and its messages repeated.
    const lane = await system.openLane({ worker: { JOB_LOCK: '10s' } });
    const [, worker, miniWorker] = lane.processes as [Process, Process, Process];
    // Long enough to be in the middle of launches.
    await setFault(system.sandbox, { kind: 'slow', service: 'ec2', action: 'RunInstances', ms: 700 });
    const refused: string[] = [];
    /** Builds under ids of the client's: a connection that web no longer takes up is told by its end, and repeated. */
    const load = (): Promise<string[]> => {
      const ids = Array.from({ length: 10 }, () => randomUUID());
      const post = async (id: string): Promise<string> => {
        await postBuild(lane.api, { count: 2, id }, { prefer: 'wait=3' }).catch(() => refused.push(id));
        return id;
      };
      return Promise.all(ids.map(post));
    };
    const first = load();
    await eventually(async () => expect((await system.sandbox('/_sandbox/requests')).text).toContain('RunInstances'));
    const stops = [timedStop(worker), timedStop(miniWorker)];
    const [successor] = [lane.startWorker(), lane.startMiniWorker()];
    const second = load();
    await pause(300);
    stops.push(timedStop(lane.web));
    const ids = [...(await first), ...(await second)];
    const ended = await Promise.all(stops);
    print(`worker, mini-worker and web ended under load after ${ended.map(({ ms }) => ms).join(', ')} ms`);
    for (const { code, ms } of ended) expect([code, ms < LIMIT_MS]).toEqual([0, true]);

    await lane.restartWeb();
    await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
    for (const id of refused) await postBuild(lane.api, { count: 2, id });
    for (const id of ids) await expectDoneOnce(await buildReaches(lane.api, id, 'finished', 60_000));
    expect((await timedStop(successor)).code).toBe(0);
    await lane.stop();
  }, 300_000);

  it('ends worker and mini-worker in time while EC2 takes calls and never answers', async () => {
    const ended = await hanging;
    for (const [name, { code, ms }] of Object.entries(ended)) {
      print(`${name} ended ${(ms / 1000).toFixed(1)} s after SIGTERM with EC2 hanging (limit 28 s)`);
      expect([name, code, ms < LIMIT_MS]).toEqual([name, 0, true]);
    }
  });
});

describe('of two mini-workers', () => {
  it('one leads, and the other takes over when it is killed', async () => {
    const ms = await takeover;
    print(`the second mini-worker led ${(ms / 1000).toFixed(1)} s after the first was killed (limit 15 s)`);
    expect(ms).toBeLessThan(45_000);
  });
});

describe('a build whose job was lost from its queue', () => {
  async function loseQueue(lane: Lane): Promise<void> {
    const redis = new Redis(system.redis.url, { protocol: 2, replyMapping: 'legacy' });
    const keys = await redis.keys(`${lane.prefix}:queue:instance-builds:*`);
    expect(keys.length).toBeGreaterThan(1);
    await redis.del(...keys);
    // The mini-worker looks after a job half a minute after it was accepted: as if that had passed.
    const openJobs = await redis.zrange(`${lane.prefix}:open-jobs`, '0', '-1');
    expect(openJobs).toHaveLength(1);
    await redis.zadd(`${lane.prefix}:open-jobs`, 1, openJobs[0] ?? '');
    redis.disconnect();
  }

  it('is put back by the mini-worker, and done once', async () => {
    const lane = await system.openLane({ start: [] });
    const { id } = await postBuild(lane.api, { count: 2 });
    await loseQueue(lane);
    lane.startWorker();
    const miniWorker = lane.startMiniWorker();
    await eventually(() => expect(says(miniWorker, 'A job was lost from its queue; put back')).toBe(true));
    await expectDoneOnce(await buildReaches(lane.api, id, 'finished'));
    await lane.stop();
  });
});

describe('an error that nobody caught', () => {
  it('ends the process with 1 by way of the log, which keeps the secret back', async () => {
    const foundation = join(__dirname, '../../packages/foundation/dist/index.js');
    const script = `
      const { createLogger, createShutdown } = require(${JSON.stringify(foundation)});
      const secret = 'planted-' + 'secret-0123456789';
      createShutdown(createLogger({ level: 'info', format: 'json', process: 'worker', secrets: [secret] }));
      setInterval(() => undefined, 1000);
      Promise.reject(Object.assign(new Error('refused ' + secret), { command: { args: [secret] } }));`;
    const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
      execFile(process.execPath, ['-e', script], (error, stdout, stderr) => {
        resolve({ code: error?.code, output: stdout + stderr });
      });
    });
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ level: 'fatal', process: 'worker', error: { name: 'Error' } });
    expect(output).not.toContain('planted-secret');
  });
});
