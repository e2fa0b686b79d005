import { eventually } from '@quartermaster/testing';
import { setFault, slackMessages } from '../harness/builds';
import {
  FAST_POWER,
  mostDown,
  openRestartLane,
  postRestart,
  powerEffects,
  RESTART,
  restartEnds,
  seedStack,
  SOURCES,
  statusesOf,
  type ShownRestart,
} from '../harness/restarts';
import { startSystem, type Lane, type System } from '../harness/start-system';

let system: System;
beforeAll(async () => {
  system = await startSystem(FAST_POWER);
});
afterAll(() => system.stop());

const namesOf = (events: readonly { Hostname: string }[] = []): string[] => events.map(({ Hostname }) => Hostname);

async function textsAbout(id: string): Promise<string[]> {
  return (await slackMessages(system.sandbox)).filter(({ event_id }) => event_id?.includes(id)).map(({ text }) => text);
}

describe.each(SOURCES)('a rolling restart by way of %s', (source) => {
  let lane: Lane;
  beforeAll(async () => {
    // No worker is killed here: one that stands still for a while is not to repeat its messages.
    lane = await openRestartLane(system, source, { worker: { JOB_LOCK: '10s' } });
  });
  afterAll(() => lane.stop());

  const follow = async (body: object, status: 'COMPLETED' | 'FAILED' | 'CANCELLED'): Promise<ShownRestart> => {
    const { _id } = await postRestart(lane.api, body);
    return restartEnds(lane.api, _id, status);
  };

  it('stops and starts what is online, a window at a time, and shows and tells it', async () => {
    const { stack, instances } = await seedStack(system.sandbox, { instances: 5, stopped: 1 });
    const sent = await postRestart(lane.api, { stackName: stack.toLowerCase(), layerName: 'API', window: '2' });
    expect(sent).toMatchObject({ status: 'PENDING', window: 2, instancesShutdown: [], instancesOnline: [] });
    const task = await restartEnds(lane.api, sent._id, 'COMPLETED');
    expect(task).toMatchObject({ stack, layer: 'api' });

    const online = ['api1', 'api2', 'api3', 'api4'];
    expect(task).toMatchObject({
      totalInstances: 4,
      windowSize: 2,
      instancesFailed: [],
      instancesLeft: [],
      exceptions: [],
    });
    for (const events of [task.instancesShutdown, task.instancesStarted, task.instancesOnline]) {
      expect(namesOf(events).sort()).toEqual(online);
    }
    expect((await powerEffects(system.sandbox, instances)).sort()).toEqual(
      online.flatMap((name) => [`start ${name}`, `stop ${name}`]).sort(),
    );
    expect(await statusesOf(system.sandbox, instances)).toEqual(['online', 'online', 'online', 'online', 'stopped']);
    expect(await mostDown(system.sandbox, instances.slice(0, 4))).toBe(2);
    const lines = task.log.map(({ message }) => message);
    expect(lines).toContain('api5 is stopped: left alone');
    expect(lines.at(-1)).toBe('4 of 4 restarted');
    await eventually(async () => {
      const texts = await textsAbout(task._id);
      expect(texts.map((text) => text.split(' ')[0])).toEqual(['Started', 'Completed']);
      expect(texts[1]).toContain('4 of 4 restarted');
    });
  });

  it('takes a window in percent', async () => {
    const { stack, instances } = await seedStack(system.sandbox, { instances: 6 });
    const task = await follow({ stack, layer: 'api', window: '50%' }, 'COMPLETED');
    expect(task).toMatchObject({ window: '50%', windowSize: 3, totalInstances: 6 });
    expect(await mostDown(system.sandbox, instances)).toBe(3);
  });

  it('plans: says at once what would be restarted in which order, and does nothing', async () => {
    const { stack, instances } = await seedStack(system.sandbox, { instances: 11, stopped: 1 });
    const answer = await lane.api<ShownRestart>(`/tasks/${RESTART}`, { body: { stack, layer: 'api', plan: true } });
    expect(answer.status).toBe(200);
    const task = answer.json();
    expect(task).toMatchObject({ status: 'COMPLETED', settled: true, totalInstances: 10 });
    const plan = task['plan'] as { position: number; Hostname: string; Status: string }[];
    expect(plan.slice(0, 2)).toMatchObject([
      { position: 1, Hostname: 'api1', Status: 'online' },
      { position: 2, Hostname: 'api2', Status: 'online' },
    ]);
    expect(namesOf(plan).at(-1)).toBe('api10');
    expect(await powerEffects(system.sandbox, instances)).toEqual([]);
    expect(await textsAbout(task._id)).toEqual([]);
  });

  it('refuses instances that would be replaced or can not stop, by name, before anything is touched', async () => {
    for (const plan of [{ auto_scaling_group: 'web-fleet' }, { root_device: 'instance-store' as const }]) {
      const { stack, instances } = await seedStack(system.sandbox, { instances: 2, ...plan });
      const task = await follow({ stack, layer: 'api' }, 'FAILED');
      expect(task.exceptions).toMatchObject([{ code: 'not-restartable' }]);
      expect(task.exceptions[0]?.message).toMatch(/Nothing of API server of .* was touched: api1 .*; api2 /);
      expect(await powerEffects(system.sandbox, instances)).toEqual([]);
      await eventually(async () =>
        expect(await textsAbout(task._id)).toContainEqual(expect.stringMatching(/^Failed.*api1/)),
      );
    }
  });

  it('ends with the reason where there is no such layer, and at once where nothing is online', async () => {
    const { stack } = await seedStack(system.sandbox, { instances: 2, stopped: 2 });
    const unknown = await follow({ stack, layer: 'nope' }, 'FAILED');
    expect(unknown.exceptions).toMatchObject([{ code: 'unknown-layer' }]);
    expect(await follow({ stack, layer: 'api' }, 'COMPLETED')).toMatchObject({ totalInstances: 0, instancesLeft: [] });
  });

  it('ends at a failure and lists what is left; a resumption goes on with that', async () => {
    const { stack, instances } = await seedStack(system.sandbox, { instances: 4 });
    const doomed = instances[1]?.ec2_instance_id;
    await setFault(system.sandbox, { kind: 'start-failed', instance: doomed, count: 1 });
    const task = await follow({ stack, layer: 'api', timeout: '60s' }, 'FAILED');
    expect(task.exceptions).toMatchObject([{ code: 'too-many-failures' }]);
    expect(namesOf(task.instancesOnline)).toEqual(['api1']);
    expect(task.instancesFailed).toMatchObject([{ Hostname: 'api2', reason: 'start_failed' }]);
    expect(namesOf(task.instancesLeft)).toEqual(['api2', 'api3', 'api4']);

    const resumed = await lane.api<ShownRestart>(`/tasks/${RESTART}/${task._id}/resume`, { method: 'POST' });
    expect(resumed.status).toBe(202);
    const second = await restartEnds(lane.api, resumed.json()._id, 'COMPLETED');
    expect(namesOf(second.instancesOnline)).toEqual(['api2', 'api3', 'api4']);
    expect(await statusesOf(system.sandbox, instances)).toEqual(['online', 'online', 'online', 'online']);
    const stops = (await powerEffects(system.sandbox, instances)).filter((effect) => effect.startsWith('stop'));
    expect(stops).toEqual(['stop api1', 'stop api2', 'stop api3', 'stop api4']);
  });

  it('goes on where failures are allowed, names them in the end, waits for room, and is resumed with them', async () => {
    const { stack, instances } = await seedStack(system.sandbox, { instances: 3 });
    await setFault(system.sandbox, { kind: 'start-failed', instance: instances[0]?.ec2_instance_id, count: 1 });
    if (source === 'ec2-tags') {
      await setFault(system.sandbox, { kind: 'no-capacity', service: 'ec2', action: 'StartInstances', count: 3 });
    }
    const task = await follow({ stack, layer: 'api', max_failures: 1 }, 'COMPLETED');
    expect(namesOf(task.instancesOnline)).toEqual(['api2', 'api3']);
    expect(namesOf(task.instancesLeft)).toEqual(['api1']);
    await eventually(async () =>
      expect((await textsAbout(task._id)).at(-1)).toContain('2 of 3 restarted, failed: api1 (start_failed)'),
    );
    const resumed = await lane.api<ShownRestart>(`/tasks/${RESTART}/${task._id}/resume`, { method: 'POST' });
    expect(resumed.status).toBe(202);
    await restartEnds(lane.api, resumed.json()._id, 'COMPLETED');
    expect(await statusesOf(system.sandbox, instances)).toEqual(['online', 'online', 'online']);
    const again = await lane.api(`/tasks/${RESTART}/${resumed.json()._id}/resume`, { method: 'POST' });
    expect([again.status, again.text]).toEqual([409, expect.stringContaining('nothing-left')]);
  });

  it('is over the timeout where an instance hangs', async () => {
    const { stack, instances } = await seedStack(system.sandbox, { instances: 2 });
    await setFault(system.sandbox, { kind: 'stuck', instance: instances[0]?.ec2_instance_id, count: 1 });
    const task = await follow({ stack, layer: 'api', timeout: '2s' }, 'FAILED');
    expect(task.instancesFailed).toMatchObject([{ Hostname: 'api1', reason: 'did not stop within 2 s' }]);
    expect(namesOf(task.instancesLeft)).toEqual(['api1', 'api2']);
  });

  it('brings back what is down when it is cancelled, and is settled only then', async () => {
    const { stack, instances } = await seedStack(system.sandbox, { instances: 4 });
    // Nothing comes up before the cancel: a look that comes late finds the two of the window down all the same.
    const [service, action] = source === 'opsworks' ? ['opsworks', 'StartInstance'] : ['ec2', 'StartInstances'];
    await setFault(system.sandbox, { kind: 'down', service, action });
    const { _id } = await postRestart(lane.api, { stack, layer: 'api', window: 2 });
    await eventually(async () => expect(await powerEffects(system.sandbox, instances)).toHaveLength(2));
    const cancelled = await lane.api<ShownRestart>(`/tasks/${RESTART}/${_id}`, { method: 'DELETE' });
    expect(cancelled.json()).toMatchObject({ status: 'CANCELLED', settled: false });
    await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
    const seen: string[] = [];
    const task = await eventually(async () => {
      const statuses = await statusesOf(system.sandbox, instances);
      const shown = (await lane.api<ShownRestart>(`/tasks/${RESTART}/${_id}`)).json();
      // Asked before the record: what was not online then makes a record that is settled afterwards no proof.
      seen.push(`${statuses.every((status) => status === 'online')} ${shown.settled}`);
      expect(shown.settled).toBe(true);
      return shown;
    }, 60_000);
    expect(seen.slice(0, -2).filter((line) => line === 'false true')).toEqual([]);
    expect(await statusesOf(system.sandbox, instances)).toEqual(['online', 'online', 'online', 'online']);
    expect(namesOf(task.instancesOnline)).toEqual(['api1', 'api2']);
    expect(namesOf(task.instancesLeft)).toEqual(['api3', 'api4']);
    expect(await powerEffects(system.sandbox, instances)).toHaveLength(4);
    await eventually(async () => expect((await textsAbout(_id)).at(-1)).toMatch(/^Cancelled/));
  });
});
