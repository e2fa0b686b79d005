import { eventually } from '@quartermaster/testing';
import {
  FAST_POWER,
  mostDown,
  openRestartLane,
  postRestart,
  powerEffects,
  restartEnds,
  seedStack,
  statusesOf,
  type Source,
} from '../harness/restarts';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { stepsOfTask } from '../harness/task-traces';

let system: System;
beforeAll(async () => {
  system = await startSystem(FAST_POWER);
});
afterAll(() => system.stop());

const ONE_RESTART = ['stop api1', 'start api1', 'stop api2', 'start api2', 'stop api3', 'start api3'];

/** The points at which the restart of a layer of three can be cut: from the steps that one really took. */
async function findPoints(source: Source): Promise<string[]> {
  const lane = await openRestartLane(system, source);
  const { stack, instances } = await seedStack(system.sandbox, { instances: 3 });
  const { _id } = await postRestart(lane.api, { stack, layer: 'api' });
  await restartEnds(lane.api, _id, 'COMPLETED');
  // Its last step comes after it is settled.
  await eventually(async () => expect(await stepsOfTask(lane, _id)).toContain('notify-task-completed'));
  const steps = await stepsOfTask(lane, _id);
  await lane.stop();
  // A step is named by the instance, and every layer has its own: the number stands for it.
  const idOf = source === 'opsworks' ? 'instance_id' : 'ec2_instance_id';
  const numbered = steps.map((name) =>
    instances.reduce((text, instance, index) => text.replace(instance[idOf], `#${index}`), name),
  );
  return numbered.flatMap((step) => ['before', 'acted', 'after'].map((place) => `${step}:${place}`));
}

/** How long (ms) it took from the kill to the end. */
async function dieAt(lane: Lane, source: Source, point: string, window = 1): Promise<number> {
  const { stack, instances } = await seedStack(system.sandbox, { instances: 3 });
  const idOf = source === 'opsworks' ? 'instance_id' : 'ec2_instance_id';
  const named = point.replace(/#(\d)/, (_, index) => instances[Number(index)]?.[idOf] ?? '');
  const doomed = lane.startWorker({ CRASH_POINT: `task/${named}`, WORKER_QUEUES: 'tasks' });
  const { _id } = await postRestart(lane.api, { stack, layer: 'api', window });
  expect(await doomed.ended).toBe('SIGKILL');
  const diedAt = Date.now();
  const successor = lane.startWorker();
  const task = await restartEnds(lane.api, _id, 'COMPLETED', 180_000);
  const tookMs = Date.now() - diedAt;
  expect(task).toMatchObject({ totalInstances: 3, instancesFailed: [], instancesLeft: [] });
  const effects = await powerEffects(system.sandbox, instances);
  expect(window === 1 ? effects : effects.sort()).toEqual(window === 1 ? ONE_RESTART : [...ONE_RESTART].sort());
  expect(await statusesOf(system.sandbox, instances)).toEqual(['online', 'online', 'online']);
  expect(await mostDown(system.sandbox, instances)).toBe(window);
  await successor.stop();
  return tookMs;
}

describe('the restart of a layer of three', () => {
  it('is done exactly once wherever its worker is killed', async () => {
    const lanes = (['opsworks', 'ec2-tags'] as const).map(async (source, half) => {
      const points = await findPoints(source);
      expect(points).toEqual(expect.arrayContaining(['stop-#0:before', 'start-#2:acted']));
      expect(points.length).toBeGreaterThanOrEqual(24);
      // Every point once: the steps of the house and of one instance by way of one source, of two by way of the other.
      const waiting = points.filter((point) => /#[02]/.test(point) === (half === 1));
      const runLane = async (): Promise<void> => {
        const lane = await openRestartLane(system, source, { start: [] });
        for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
          try {
            await dieAt(lane, source, point);
          } catch (error) {
            throw new Error(`Killed at ${point} by way of ${source}: ${String(error)}`, { cause: error });
          }
        }
        await lane.stop();
      };
      await Promise.all([runLane(), runLane()]);
    });
    await Promise.all(lanes);
  }, 600_000);

  it('is taken up and done within a minute at product settings', async () => {
    const product = { JOB_LOCK: '10s', JOB_BACKOFF: '1s', JOB_MAX_BACKOFF: '60s', TASK_POLL: '5s' };
    const lane = await openRestartLane(system, 'ec2-tags', { start: [], worker: product });
    const tookMs = await dieAt(lane, 'ec2-tags', 'stop-#2:acted', 3);
    process.stdout.write(`taken up and done ${(tookMs / 1000).toFixed(1)} s after the kill (limit 60 s)\n`);
    expect(tookMs).toBeLessThan(180_000);
    await lane.stop();
  }, 600_000);
});
