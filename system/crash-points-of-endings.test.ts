import { eventually } from '@quartermaster/testing';
import { buildReaches, effectsOf, postBuild, setFault, slackMessages } from './harness/builds';
import { startSystem, type Lane, type System } from './harness/start-system';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

/**
 * Only what is cut is killed: a worker that dies while it posts a message may rightly post that again. One of its own posts
 * them, which is not thought dead where it only stands still for a while.
 */
const DOOMED_QUEUES = 'instance-builds,instance-terminations';

const places = (steps: readonly string[]): string[] =>
  steps.flatMap((step) => ['before', 'acted', 'after'].map((place) => `${step}:${place}`));

async function eventsAbout(id: string): Promise<string[]> {
  const messages = await slackMessages(system.sandbox);
  return messages.map(({ event_id }) => event_id ?? '').filter((event) => event.includes(id));
}

async function countAbout(action: string, id: string): Promise<number> {
  const effects = await effectsOf(system.sandbox, action);
  return effects.filter((effect) => JSON.stringify(effect).includes(id)).length;
}

/** Goes through the points in lanes side by side; a failure names its point. */
async function atEveryPoint(
  points: readonly string[],
  check: (lane: Lane, point: string) => Promise<void>,
): Promise<void> {
  const waiting = [...points];
  const runLane = async (): Promise<void> => {
    const lane = await system.openLane({ start: ['mini-worker'] });
    lane.startWorker({ WORKER_QUEUES: 'notifications', JOB_LOCK: '60s' });
    for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
      try {
        await check(lane, point);
      } catch (error) {
        throw new Error(`Killed at ${point}: ${String(error)}`, { cause: error });
      }
    }
    await lane.stop();
  };
  await Promise.all(Array.from({ length: 3 }, runLane));
}

describe('a build that EC2 refuses', () => {
  const points = places(['build/fail-build', 'build/clean-up', 'build/notify-failed', 'clean-up/begin']);

  it('is failed, told once, and leaves no group, wherever its worker is killed', async () => {
    await setFault(system.sandbox, { kind: 'no-capacity', service: 'ec2' });
    await atEveryPoint(points, async (lane, point) => {
      const doomed = lane.startWorker({ CRASH_POINT: point, WORKER_QUEUES: DOOMED_QUEUES });
      const { id } = await postBuild(lane.api, { count: 2 });
      expect(await doomed.ended).toBe('SIGKILL');
      const successor = lane.startWorker({ WORKER_QUEUES: DOOMED_QUEUES });
      const build = await buildReaches(lane.api, id, 'failed', 60_000);
      expect(build.error?.code).toBe('no-capacity');
      await eventually(async () => {
        expect(await countAbout('DeleteSecurityGroup', id)).toBe(1);
        expect(await eventsAbout(id)).toEqual([`failed-${id}`]);
      }, 60_000);
      expect(await countAbout('RunInstances', id)).toBe(0);
      await successor.stop();
    });
    await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
  }, 600_000);
});

describe('a termination', () => {
  const steps = ['look-up-instance', 'terminate-instance', 'forget-instance', 'clean-up', 'notify-terminated'];
  const points = places(steps.map((step) => `termination/${step}`));

  it('is done once and told once, and its group goes, wherever its worker is killed', async () => {
    await atEveryPoint(points, async (lane, point) => {
      const builder = lane.startWorker({ WORKER_QUEUES: DOOMED_QUEUES });
      const { id } = await postBuild(lane.api);
      const instanceId = (await buildReaches(lane.api, id, 'finished', 60_000)).instance_ids[0] ?? '';
      await builder.stop();
      const doomed = lane.startWorker({ CRASH_POINT: point, WORKER_QUEUES: DOOMED_QUEUES });
      expect((await lane.api(`/instances/${instanceId}?slack-channel=ops`, { method: 'DELETE' })).status).toBe(202);
      expect(await doomed.ended).toBe('SIGKILL');
      const successor = lane.startWorker({ WORKER_QUEUES: DOOMED_QUEUES });
      await eventually(async () => {
        expect(await countAbout('TerminateInstances', instanceId)).toBe(1);
        expect((await lane.api(`/instances/${instanceId}`)).status).toBe(404);
        expect(await countAbout('DeleteSecurityGroup', id)).toBe(1);
        const told = (await slackMessages(system.sandbox)).filter(
          ({ text }) => text.includes(`Terminated instance`) && text.includes(instanceId),
        );
        expect(told.map(({ channel }) => channel)).toEqual(['ops']);
      }, 60_000);
      await successor.stop();
    });
  }, 600_000);
});
