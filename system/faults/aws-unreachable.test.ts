import { eventually } from '@quartermaster/testing';
import { buildReaches, getBuild, postBuild, setFault } from '../harness/builds';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { tracesOf, type Traces } from './traces';

/** As the product has it: no worker is killed here, and one that stands still for a while is not to repeat its messages. */
const JOB_LOCK = '10s';

let system: System;
/** Its worker gives work up after three attempts. */
let impatient: Lane;
/** Its worker tries for longer than a fault may stay here: faster than the product, its number of attempts would not do. */
let patient: Lane;
let throttled: Promise<string[]>;

beforeAll(async () => {
  system = await startSystem();
  impatient = await system.openLane({ worker: { JOB_ATTEMPTS: '3', JOB_LOCK } });
  patient = await system.openLane({ worker: { JOB_ATTEMPTS: '1500', JOB_LOCK } });
  throttled = buildWhileThrottled();
  throttled.catch(() => undefined);
});
afterEach(() => clearFaults());
afterAll(async () => {
  await Promise.allSettled([throttled]);
  await system.stop();
}, 240_000);

const clearFaults = async (): Promise<void> => {
  await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
};
const traces = (buildId: string): Promise<Traces> => tracesOf(system.sandbox, buildId);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function instanceIds(lane: Lane): Promise<string[]> {
  const answer = await lane.api<{ instances: { id: string }[] }>('/instances');
  return answer.json().instances.map(({ id }) => id);
}

/** In a world of its own, as it takes a while. */
async function buildWhileThrottled(): Promise<string[]> {
  const world = await startSystem();
  try {
    const lane = await world.openLane({ start: ['worker'] });
    await setFault(world.sandbox, { kind: 'throttle', service: 'ec2', share: 0.5 });
    const { id } = await postBuild(lane.api, { count: 2 });
    const build = await buildReaches(lane.api, id, 'finished', 180_000);
    const { count, running } = await tracesOf(world.sandbox, id);
    return [build.state, `launched ${count('RunInstances')}`, `running ${running.length}`];
  } finally {
    await world.stop();
  }
}

/** A build that is failed and told, and of which nothing is left. */
async function expectNothingLeft(id: string): Promise<void> {
  await eventually(async () => {
    const { running, groups, events } = await traces(id);
    // Instances whose launch we never heard of may have reported all the same.
    const told = events.filter((event) => !event.startsWith('reported-'));
    expect({ running, groups, told }).toEqual({ running: [], groups: [], told: [`failed-${id}`] });
  });
}

async function finishedBuild(lane: Lane, fields: object = {}): Promise<{ id: string; instances: string[] }> {
  const { id } = await postBuild(lane.api, fields);
  const { instance_ids: instances } = await buildReaches(lane.api, id, 'finished');
  return { id, instances };
}

describe('while EC2 is down', () => {
  it('the list of instances stays as it was, and says how old it is', async () => {
    const before = await instanceIds(impatient);
    expect(before.length).toBeGreaterThanOrEqual(4);
    await setFault(system.sandbox, { kind: 'down', service: 'ec2' });
    // A listing that was answered before the fault is not written any more.
    await eventually(() => {
      const failed = impatient.processes
        .flatMap(({ lines }) => lines)
        .filter((line) => line.includes('A chore failed'));
      expect(failed.some((line) => line.includes('"refresh-instances"'))).toBe(true);
    });
    const ages: number[] = [];
    await eventually(
      async () => {
        const answer = await impatient.api<{ instances: unknown[] }>('/instances');
        expect(answer.json().instances).toHaveLength(before.length);
        ages.push(Number(answer.headers.get('x-cache-age')));
        expect(ages.at(-1)).toBeGreaterThanOrEqual(3);
      },
      60_000,
      200,
    );
    expect(ages).toEqual([...ages].sort((a, b) => a - b));
    await clearFaults();
    await eventually(async () => {
      expect(Number((await impatient.api('/instances')).headers.get('x-cache-age'))).toBeLessThan(2);
    });
    expect(await instanceIds(impatient)).toEqual(before);
  });

  it('a build waits and is carried out once EC2 is back', async () => {
    await setFault(system.sandbox, { kind: 'down', service: 'ec2' });
    const { id } = await postBuild(patient.api);
    await pause(2000);
    expect((await getBuild(patient.api, id)).state).toBe('pending');
    await clearFaults();
    await buildReaches(patient.api, id, 'finished');
    expect((await traces(id)).count('RunInstances')).toBe(1);
  });

  it('a build whose attempts are used up fails with the reason, and its group goes when EC2 is back', async () => {
    await setFault(system.sandbox, { kind: 'down', service: 'ec2', action: 'RunInstances' });
    // From the start: the attempts may be used up, and the group removed, before anybody looks.
    await setFault(system.sandbox, { kind: 'down', service: 'ec2', action: 'DeleteSecurityGroup' });
    const { id } = await postBuild(impatient.api);
    const { error } = await buildReaches(impatient.api, id, 'failed');
    await setFault(system.sandbox, { kind: 'down', service: 'ec2' });
    expect(error).toMatchObject({ kind: 'unavailable', code: 'ec2-unavailable', message: /EC2/ });
    // Longer than three attempts take: cleaning up is not given up.
    await pause(2500);
    expect((await traces(id)).groups).toHaveLength(1);
    await clearFaults();
    await expectNothingLeft(id);
    expect((await traces(id)).count('RunInstances')).toBe(0);
  });

  it('a termination waits, and happens once when EC2 is back', async () => {
    const { id, instances } = await finishedBuild(patient);
    await setFault(system.sandbox, { kind: 'down', service: 'ec2' });
    const path = `/instances/${instances[0]}?slack-channel=ops`;
    expect((await patient.api(path, { method: 'DELETE' })).status).toBe(202);
    await pause(1500);
    expect(await instanceIds(patient)).toContain(instances[0]);
    await clearFaults();
    await expectTerminatedOnce(id, instances[0] ?? '');
  });
});

async function expectTerminatedOnce(buildId: string, instanceId: string): Promise<void> {
  await eventually(async () => {
    const { count, groups, running, events } = await traces(buildId);
    expect({ groups, running }).toEqual({ groups: [], running: [] });
    expect([count('TerminateInstances'), count('DeleteSecurityGroup')]).toEqual([1, 1]);
    expect(events.filter((event) => event.startsWith('terminated-'))).toHaveLength(1);
    expect(await instanceIds(patient)).not.toContain(instanceId);
  });
}

describe('where EC2 acts and every answer is lost', () => {
  it('a build that launched ends failed, with nothing running and no group, told once', async () => {
    await setFault(system.sandbox, { kind: 'drop-answer', service: 'ec2', action: 'RunInstances' });
    const { id } = await postBuild(impatient.api, { count: 2 });
    const { error } = await buildReaches(impatient.api, id, 'failed');
    expect(error?.code).toBe('ec2-unavailable');
    await expectNothingLeft(id);
    const { count } = await traces(id);
    expect([count('RunInstances'), count('TerminateInstances'), count('DeleteSecurityGroup')]).toEqual([1, 1, 1]);
    expect((await getBuild(impatient.api, id)).state).toBe('failed');
  });

  it('a termination is found to have happened, and told once', async () => {
    const { id, instances } = await finishedBuild(patient);
    await setFault(system.sandbox, { kind: 'drop-answer', service: 'ec2', action: 'TerminateInstances' });
    const path = `/instances/${instances[0]}?slack-channel=ops`;
    expect((await patient.api(path, { method: 'DELETE' })).status).toBe(202);
    await expectTerminatedOnce(id, instances[0] ?? '');
  });
});

describe('where EC2 refuses or is slow to know', () => {
  it('a build without capacity fails with that reason, and its group goes', async () => {
    await setFault(system.sandbox, { kind: 'no-capacity' });
    const { id } = await postBuild(impatient.api);
    const { error } = await buildReaches(impatient.api, id, 'failed');
    expect(error?.code).toBe('no-capacity');
    await expectNothingLeft(id);
    expect((await traces(id)).count('RunInstances')).toBe(0);
  });

  it('instances that EC2 does not know at first get their names', async () => {
    await setFault(system.sandbox, { kind: 'not-found-first', ms: 1500 });
    const { instances } = await finishedBuild(patient, { count: 2 });
    await eventually(async () => {
      for (const id of instances) {
        const shown = await patient.api<{ instances: [{ name: string }] }>(`/instances/${id}`);
        expect(shown.json().instances[0].name).toBe(`worker-org-staging-docker-${id.slice(2)}`);
      }
    }, 60_000);
  });

  it('a build succeeds while half of all calls are throttled', async () => {
    expect(await throttled).toEqual(['finished', 'launched 1', 'running 2']);
  }, 240_000);
});

describe('while Slack', () => {
  const told = async (id: string): Promise<string[]> => [...(await traces(id)).events].sort();

  it.each([
    ['is down', { kind: 'down', service: 'slack' }],
    ['asks for fewer messages', { kind: 'throttle', service: 'slack', ms: 1000 }],
  ])('%s, builds are done, and every message arrives later, once', async (_what, fault) => {
    await setFault(system.sandbox, fault);
    const { id, instances } = await finishedBuild(patient, { count: 2 });
    expect(await told(id)).toEqual([]);
    await clearFaults();
    const expected = [`finished-${id}`, ...instances.map((one) => `reported-${id}-${one}`).sort(), `started-${id}`];
    await eventually(async () => expect(await told(id)).toEqual(expected), 60_000);
    await pause(500);
    expect(await told(id)).toEqual(expected);
  });
});
