import { execFile } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@quartermaster/testing';
import { BUILD, buildReaches, effectsOf, postBuild, setFault } from './harness/builds';
import { startSystem, type Lane, type System } from './harness/start-system';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

interface Processes {
  readonly processes: {
    process: string;
    alive: boolean;
    queues: string[];
    version: string;
    leads?: boolean;
    region?: string;
  }[];
  readonly queues: { name: string; waiting: number; oldest_seconds: number | null; workers: number }[];
  readonly caches: { name: string; age_seconds: number | null }[];
}

const processesOf = async (lane: Lane): Promise<Processes> => (await lane.api<Processes>('/processes')).json();

describe('GET /processes', () => {
  it('shows who is there, how full each queue is, and how old each cache', async () => {
    const lane = await system.openLane();
    await eventually(async () => {
      const { processes, queues, caches } = await processesOf(lane);
      expect(processes.map(({ process, alive }) => [process, alive])).toEqual([
        ['mini-worker', true],
        ['web', true],
        ['worker', true],
      ]);
      expect(processes.find(({ process }) => process === 'mini-worker')).toMatchObject({
        version: '0.1.0',
        leads: true,
      });
      expect(processes.map(({ region }) => region)).toEqual(['us-east-1', undefined, 'us-east-1']);
      expect(queues.map(({ name, workers }) => [name, workers])).toEqual([
        ['instance-builds', 1],
        ['instance-terminations', 1],
        ['tasks', 1],
        ['dns-changes', 1],
        ['status-updates', 1],
        ['couchdb-clusters', 1],
        ['notifications', 1],
      ]);
      expect(caches.every(({ age_seconds }) => (age_seconds ?? 99) < 10)).toBe(true);
    });
    await lane.stop();
  });

  it('shows a worker that was killed as dead, and the work that waits for one', async () => {
    const lane = await system.openLane({ start: [] });
    const worker = lane.startWorker();
    await eventually(async () => expect((await processesOf(lane)).processes).toHaveLength(2));
    worker.kill('SIGKILL');
    await worker.ended;
    await eventually(async () => {
      const { processes } = await processesOf(lane);
      expect(processes.find(({ process }) => process === 'worker')?.alive).toBe(false);
    }, 60_000);
    const answer = await lane.api('/instance-builds', { body: { instance_builds: BUILD } });
    expect([answer.status, answer.headers.get('warning')]).toEqual([
      202,
      '199 quartermaster "No worker serves the queue instance-builds at the moment; the work waits"',
    ]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const { queues } = await processesOf(lane);
    expect(queues[0]).toMatchObject({ name: 'instance-builds', waiting: 1, workers: 0 });
    expect(queues[0]?.oldest_seconds).toBeGreaterThanOrEqual(1);

    lane.startWorker();
    await eventually(async () => {
      const again = await lane.api('/instance-builds', { body: { instance_builds: BUILD } });
      expect(again.headers.has('warning')).toBe(false);
    });
    await lane.stop();
  });
});

describe('quartermaster-health', () => {
  const run = promisify(execFile);
  const probe = async (lane: Lane, name: string): Promise<[number, string]> => {
    const env = { PATH: process.env['PATH'], REDIS_URL: system.redis.url, REDIS_PREFIX: lane.prefix };
    try {
      await run(join(__dirname, '../bin/quartermaster-health'), [name], { env });
      return [0, ''];
    } catch (error) {
      const { code, stderr } = error as { code: number; stderr: string };
      return [code, stderr];
    }
  };

  it('tells whether a process lives on this host', async () => {
    const lane = await system.openLane({ start: ['worker'] });
    await eventually(async () => expect(await probe(lane, 'worker')).toEqual([0, '']));
    await eventually(async () => expect(await probe(lane, 'web')).toEqual([0, '']));
    await eventually(async () => {
      const told = `No mini-worker has said that it lives on ${hostname()}\n`;
      expect(await probe(lane, 'mini-worker')).toEqual([1, told]);
    });
    expect((await probe(lane, 'nonsense'))[1]).toContain('Usage: quartermaster-health');
    await lane.stop();
  });
});

describe('a worker that was stopped for twice its lock time', () => {
  it('causes no effect when it wakes up, not even by a retry of its SDK', async () => {
    const lane = await system.openLane({ start: [] });
    const sleeper = lane.startWorker();
    await eventually(() => expect(sleeper.lines.some((line) => line.includes('"Working"'))).toBe(true));
    const count = async (): Promise<number> => {
      const { counts } = (
        await system.sandbox<{ counts: Record<string, Record<string, number>> }>('/_sandbox/requests')
      ).json();
      return counts['ec2']?.['CreateSecurityGroup'] ?? 0;
    };
    const faultsLeft = async (): Promise<string[]> =>
      (await system.sandbox<{ faults: { kind: string }[] }>('/_sandbox/faults')).json().faults.map(({ kind }) => kind);
    const before = await count();
    // Its first attempt fails after a while, in which the worker is stopped: on waking, its SDK wants to try again.
    await setFault(system.sandbox, { kind: 'slow', service: 'ec2', action: 'CreateSecurityGroup', ms: 3000, count: 1 });
    await setFault(system.sandbox, {
      kind: 'error',
      service: 'ec2',
      action: 'CreateSecurityGroup',
      status: 500,
      code: 'InternalError',
      count: 1,
    });
    const { id } = await postBuild(lane.api);
    await eventually(async () => expect(await faultsLeft()).toEqual(['error']));
    sleeper.kill('SIGSTOP');
    // The attempt fails while nobody is there to hear of it.
    await eventually(async () => expect(await faultsLeft()).toEqual([]));
    const successor = lane.startWorker();
    const build = await buildReaches(lane.api, id, 'finished', 60_000);
    const askedByBoth = await count();
    sleeper.kill('SIGCONT');
    await eventually(() => expect(sleeper.lines.some((line) => line.includes('lease-lost'))).toBe(true));
    expect(askedByBoth - before).toBe(2);
    expect(await count()).toBe(askedByBoth);
    const groups = (await effectsOf(system.sandbox, 'CreateSecurityGroup')).filter((effect) =>
      JSON.stringify(effect).includes(id),
    );
    expect([groups.length, build.instance_ids.length]).toEqual([1, 1]);
    expect(await sleeper.stop()).toBe(0);
    expect(await successor.stop()).toBe(0);
    await lane.stop();
  });
});
