import { eventually } from '@quartermaster/testing';
import { setFault } from '../harness/builds';
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
  type SeededInstance,
  type Source,
} from '../harness/restarts';
import { startSystem, type System } from '../harness/start-system';
import { getTask, taskEnds, type ShownTask } from '../harness/tasks';

let system: System;
beforeAll(async () => {
  system = await startSystem({ ...FAST_POWER, SANDBOX_STOP_MS: '800' });
});
afterAll(() => system.stop());

/** From now on nothing that was stopped comes up again, so that no restart ends, until `letThemStart`. */
const holdStarts = (source: Source): Promise<void> =>
  source === 'opsworks'
    ? setFault(system.sandbox, { kind: 'down', service: 'opsworks', action: 'StartInstance' })
    : setFault(system.sandbox, { kind: 'down', service: 'ec2', action: 'StartInstances' });
const letThemStart = async (): Promise<void> => {
  await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
};

describe.each(SOURCES)('two restarts of one layer by way of %s', (source) => {
  it('posted in the same instant under different names: one runs, the other ends FAILED with the reason', async () => {
    const lane = await openRestartLane(system, source);
    lane.startWorker();
    const { stack, instances } = await seedStack(system.sandbox, { instances: 3 });
    await holdStarts(source);
    const posted = await Promise.all([
      postRestart(lane.api, { stack, layer: 'API server' }),
      postRestart(lane.api, { stack: stack.toUpperCase(), layer: 'Api' }),
    ]);
    const look = (): Promise<ShownTask[]> => Promise.all(posted.map(({ _id }) => getTask(lane.api, RESTART, _id)));
    await eventually(async () => expect((await look()).filter(({ settled }) => settled)).toHaveLength(1));
    await letThemStart();
    const ended = await eventually(async () => {
      const shown = await look();
      expect(shown.every(({ settled }) => settled)).toBe(true);
      return shown;
    }, 60_000);
    expect(ended.map(({ status }) => status).sort()).toEqual(['COMPLETED', 'FAILED']);
    const winner = ended.find(({ status }) => status === 'COMPLETED');
    const loser = ended.find(({ status }) => status === 'FAILED');
    expect(loser?.exceptions).toMatchObject([
      { code: 'claimed', message: expect.stringContaining(winner?._id ?? '?') },
    ]);
    expect(await powerEffects(system.sandbox, instances)).toHaveLength(6);
    expect(await mostDown(system.sandbox, instances)).toBe(1);
    await lane.stop();
  });

  it('the second while the first is cancelled and not settled yet: it ends FAILED, a later one runs', async () => {
    const lane = await openRestartLane(system, source);
    const { stack, instances } = await seedStack(system.sandbox, { instances: 2 });
    await holdStarts(source);
    const first = await postRestart(lane.api, { stack, layer: 'api' });
    await eventually(async () => expect(await powerEffects(system.sandbox, instances)).toHaveLength(1));
    const cancelled = await lane.api<ShownTask>(`/tasks/${RESTART}/${first._id}`, { method: 'DELETE' });
    expect(cancelled.json()).toMatchObject({ status: 'CANCELLED', settled: false });

    const second = await postRestart(lane.api, { stack, layer: 'api' });
    const refused = await restartEnds(lane.api, second._id, 'FAILED');
    expect(refused.exceptions).toMatchObject([{ code: 'claimed', message: expect.stringContaining(first._id) }]);
    expect((await getTask(lane.api, RESTART, first._id)).settled).toBe(false);

    await letThemStart();
    await taskEnds(lane.api, RESTART, first._id, 'CANCELLED');
    const third = await postRestart(lane.api, { stack, layer: 'api' });
    await restartEnds(lane.api, third._id, 'COMPLETED');
    await lane.stop();
  });

  it('that share instances: the second ends FAILED with the layer and the first, and is found by its names', async () => {
    const lane = await openRestartLane(system, source);
    const stack = `Shared ${source}`;
    const layers = [
      { name: 'API server', shortname: 'api', instances: 2 },
      { name: 'Monitoring', shortname: 'monitoring', instances: 1, shares: { layer: 'api', instances: 1 } },
    ];
    const seeded = await system.sandbox<{ instances: SeededInstance[] }>('/_sandbox/stacks', {
      body: { name: stack, layers },
    });
    const { instances } = seeded.json();
    await holdStarts(source);
    const first = await postRestart(lane.api, { stack, layer: 'api' });
    await eventually(async () => expect(await powerEffects(system.sandbox, instances)).not.toEqual([]));
    const second = await postRestart(lane.api, { stack: stack.toUpperCase(), layer: 'MONITORING' });
    const refused = await restartEnds(lane.api, second._id, 'FAILED');
    expect(refused.exceptions).toMatchObject([
      { code: 'claimed', message: expect.stringMatching(new RegExp(`Nothing of Monitoring .*${first._id}`)) },
    ]);
    await letThemStart();
    await restartEnds(lane.api, first._id, 'COMPLETED');
    expect(await mostDown(system.sandbox, instances)).toBe(1);

    const query = new URLSearchParams({ stack, layer: 'monitoring' });
    const found = await lane.api<{ data: ShownTask[] }>(`/tasks/${RESTART}?${query.toString()}`);
    expect(found.json().data.map(({ _id }) => _id)).toEqual([second._id]);
    await lane.stop();
  });
});
