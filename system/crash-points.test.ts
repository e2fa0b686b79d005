import { eventually } from '@quartermaster/testing';
import {
  buildReaches,
  effectsOf,
  getBuild,
  postBuild,
  setFault,
  slackMessages,
  type ShownBuild,
} from './harness/builds';
import { startSystem, type Lane, type System } from './harness/start-system';

let system: System;
let points: string[];

beforeAll(async () => {
  system = await startSystem();
  // The list of crash points comes from the steps that a build really took.
  const lane = await system.openLane();
  const { id } = await postBuild(lane.api, { count: 3 });
  await buildReaches(lane.api, id, 'finished');
  // The last step is taken while the instances report, or later.
  const build = await eventually(async () => {
    const shown = await getBuild(lane.api, id);
    expect((shown.steps ?? []).find(({ name }) => name === 'name-instances')?.finished_at).toBeDefined();
    return shown;
  });
  const steps = (build.steps ?? []).map(({ name }) => `build/${name}`);
  points = [...steps, 'notification/post-message'].flatMap((step) =>
    ['before', 'acted', 'after'].map((place) => `${step}:${place}`),
  );
  await lane.stop();
});
afterAll(() => system.stop());

/** What must be true of a build of three, however often its worker died. */
async function expectDoneOnce(build: ShownBuild, mayRepeatMessages: boolean): Promise<void> {
  const effects = await effectsOf(system.sandbox);
  const ours = effects.filter((effect) => JSON.stringify(effect).includes(build.id));
  const count = (action: string): number => ours.filter((effect) => effect.action === action).length;
  expect(build.instance_ids).toHaveLength(3);
  expect([count('RunInstances'), count('CreateSecurityGroup')]).toEqual([1, 1]);
  const events = (await slackMessages(system.sandbox))
    .map(({ event_id }) => event_id ?? '')
    .filter((event) => event.includes(build.id));
  const expected = [
    `started-${build.id}`,
    ...build.instance_ids.map((id) => `reported-${build.id}-${id}`),
    `finished-${build.id}`,
  ].sort();
  expect([...new Set(events)].sort()).toEqual(expected);
  expect(events.length).toBeLessThanOrEqual(expected.length + (mayRepeatMessages ? 1 : 0));
}

async function expectAllTold(build: ShownBuild): Promise<void> {
  await eventually(async () => {
    const messages = await slackMessages(system.sandbox);
    const events = new Set(messages.map(({ event_id }) => event_id).filter((event) => event?.includes(build.id)));
    expect(events.size).toBe(5);
  });
}

/** One build whose worker dies at a point; another worker goes on. */
async function dieAt(lane: Lane, point: string): Promise<number> {
  // Only what is cut is killed: a worker that dies while it posts something else may rightly post that again.
  const ofMessages = point.startsWith('notification/');
  // Nor is it thought dead where it only stands still for a while.
  const messenger = ofMessages ? undefined : lane.startWorker({ WORKER_QUEUES: 'notifications', JOB_LOCK: '60s' });
  const queues = ofMessages ? 'instance-builds,notifications:1' : 'instance-builds';
  const doomed = lane.startWorker({ CRASH_POINT: point, WORKER_QUEUES: queues });
  const { id } = await postBuild(lane.api, { count: 3 });
  expect(await doomed.ended).toBe('SIGKILL');
  const diedAt = Date.now();
  const successor = lane.startWorker(ofMessages ? { JOB_LOCK: '10s' } : { WORKER_QUEUES: queues });
  const build = await buildReaches(lane.api, id, 'finished', 60_000);
  const tookMs = Date.now() - diedAt;
  await expectAllTold(build);
  await expectDoneOnce(build, point === 'notification/post-message:acted');
  await Promise.all([successor.stop(), messenger?.stop()]);
  return tookMs;
}

describe('a build of three', () => {
  it('is done exactly once wherever its worker is killed', async () => {
    expect(points).toContain('build/run-instances:acted');
    expect(points.length).toBeGreaterThanOrEqual(24);
    const waiting = [...points];
    const runLane = async (): Promise<void> => {
      const lane = await system.openLane({ start: [] });
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        try {
          await dieAt(lane, point);
        } catch (error) {
          throw new Error(`Killed at ${point}: ${String(error)}`, { cause: error });
        }
      }
      await lane.stop();
    };
    await Promise.all(Array.from({ length: 4 }, runLane));
  }, 600_000);

  it("is done exactly once when RunInstances' answer is lost", async () => {
    // No worker is killed: one that stands still for a while is not to repeat its messages.
    const lane = await system.openLane({ start: ['worker'], worker: { JOB_LOCK: '10s' } });
    await setFault(system.sandbox, { kind: 'drop-answer', service: 'ec2', action: 'RunInstances', count: 1 });
    const { id } = await postBuild(lane.api, { count: 3 });
    const build = await buildReaches(lane.api, id, 'finished');
    await expectAllTold(build);
    await expectDoneOnce(build, false);
    await lane.stop();
  });

  it('is picked up within 20 s at product settings', async () => {
    const product = { JOB_LOCK: '10s', JOB_BACKOFF: '1s', JOB_MAX_BACKOFF: '60s' };
    const lane = await system.openLane({ start: [], worker: product });
    const tookMs = await dieAt(lane, 'build/run-instances:acted');
    process.stdout.write(`picked up and finished ${(tookMs / 1000).toFixed(1)} s after the kill (limit 20 s)\n`);
    expect(tookMs).toBeLessThan(60_000);
    await lane.stop();
  });
});
