import { eventually } from '@quartermaster/testing';
import { Redis } from 'ioredis';
import { setFault, slackMessages } from '../harness/builds';
import {
  clearFaults,
  deliveriesOf,
  eventsOf,
  forwardingReaches,
  forwardingTo,
  getStatus,
  postSeries,
  postStatus,
} from '../harness/statuses';
import { FAST_WORKER, startSystem, type Lane, type System } from '../harness/start-system';

const OF_RECEIVER = { service: 'status-receiver' } as const;
/** For workers that are killed: another one goes on soon. */
const SHORT_LOCK = { JOB_LOCK: FAST_WORKER.JOB_LOCK } as const;

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());
afterEach(() => clearFaults(system.sandbox));

const openLane = (worker: Record<string, string> = {}, start: ('worker' | 'mini-worker')[] = []): Promise<Lane> =>
  system.openLane({ worker: { ...forwardingTo(system), ...worker }, start });

/** Every service's events have arrived in the order in which they were posted, each of them. */
async function expectInOrder(posted: ReadonlyMap<string, readonly string[]>, limitMs = 60_000): Promise<void> {
  for (const [service, ids] of posted) {
    await eventually(async () => expect(await eventsOf(system.sandbox, service)).toHaveLength(ids.length), limitMs);
    expect(await eventsOf(system.sandbox, service)).toEqual(ids);
  }
}

describe('a worker that is killed', () => {
  it.each(['before', 'acted', 'after'])('at forward:%s, twice: everything arrives, in order', async (place) => {
    const lane = await openLane(SHORT_LOCK);
    const point = `status-update/forward:${place}`;
    const service = `killed-${place}`;
    const doomed = [lane.startWorker({ CRASH_POINT: point }), lane.startWorker({ CRASH_POINT: point })];
    const posted = await postSeries(lane, [service], 5);
    const ids = posted.get(service) ?? [];
    expect(await Promise.all(doomed.map((one) => one.ended))).toEqual(['SIGKILL', 'SIGKILL']);
    lane.startWorker();
    await forwardingReaches(lane.api, service, 'delivered', 60_000);
    await expectInOrder(posted);
    // Nothing is sent twice, but for what was answered and not noted.
    const sent = (await deliveriesOf(system.sandbox, service)).map(({ event_id }) => event_id);
    const repeated = place === 'acted' ? sent.filter((id, at) => sent.indexOf(id) !== at) : [];
    expect(sent).toHaveLength(ids.length + repeated.length);
    expect(repeated.length).toBe(place === 'acted' ? 2 : 0);
    await lane.stop();
  });
});

describe('a target that takes everything', () => {
  it('gets a long series in order, each update once, while others have their turn', async () => {
    const lane = await openLane({ WORKER_QUEUES: 'status-updates:1' }, ['worker']);
    const posted = await postSeries(lane, ['long', 'longer'], 250);
    await expectInOrder(posted);
    for (const service of posted.keys()) {
      await forwardingReaches(lane.api, service, 'delivered');
      expect(await deliveriesOf(system.sandbox, service)).toHaveLength(250);
    }
    await lane.stop();
  });
});

describe('a target that misbehaves', () => {
  it('gets everything in order at last: errors, throttling, lost and late answers, two workers, kills', async () => {
    const lane = await openLane({ ...SHORT_LOCK, STATUS_FORWARD_TIMEOUT: '700ms' });
    let workers = [lane.startWorker(), lane.startWorker()];
    const faults = [
      { kind: 'error', share: 0.15 },
      { kind: 'error', status: 408, share: 0.05 },
      { kind: 'error', status: 425, share: 0.05 },
      { kind: 'throttle', ms: 100, count: 4, share: 0.1 },
      { kind: 'drop-answer', share: 0.15 },
      { kind: 'slow', ms: 900, count: 6, share: 0.1 },
      { kind: 'slow', ms: 900, count: 6, share: 0.1, after: true },
      { kind: 'down', share: 0.1 },
    ];
    for (const fault of faults) await setFault(system.sandbox, { ...OF_RECEIVER, ...fault });
    const services = ['red', 'green', 'blue', 'grey'];
    const posting = postSeries(lane, services, 40);
    for (let kills = 0; kills < 3; kills += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const [victim, other] = workers;
      victim?.kill('SIGKILL');
      workers = [...(other === undefined ? [] : [other]), lane.startWorker()];
    }
    await expectInOrder(await posting);
    const all = await Promise.all(services.map((service) => deliveriesOf(system.sandbox, service)));
    console.log(`160 updates of 4 services arrived in ${all.flat().length} deliveries`);
    for (const service of services) await forwardingReaches(lane.api, service, 'delivered');
    await lane.stop();
  });

  it('is waited for while it is down, and then gets what came meanwhile', async () => {
    const lane = await openLane({}, ['worker']);
    await setFault(system.sandbox, { ...OF_RECEIVER, kind: 'down' });
    const posted = await postSeries(lane, ['patient'], 10);
    await eventually(async () => {
      const { forwarding } = await getStatus(lane.api, 'patient');
      expect(forwarding).toMatchObject({
        state: 'waiting',
        waiting: 10,
        last_error: { code: 'status-target-unavailable' },
      });
      expect(forwarding?.tries).toBeGreaterThan(2);
    });
    await clearFaults(system.sandbox);
    await expectInOrder(posted);
    expect(await deliveriesOf(system.sandbox, 'patient')).toHaveLength(10);
    await lane.stop();
  });

  it('and refuses one: that one is given up at once and told, the next go on', async () => {
    const lane = await openLane({}, ['worker']);
    await setFault(system.sandbox, { ...OF_RECEIVER, kind: 'error', status: 400, count: 1 });
    const posted = await postSeries(lane, ['refused'], 3);
    const [first = '', ...rest] = posted.get('refused') ?? [];
    await expectInOrder(new Map([['refused', rest]]));
    expect((await forwardingReaches(lane.api, 'refused', 'delivered')).forwarding?.given_up).toMatchObject({
      id: first,
      error: { code: 'status-refused', message: 'The target of status updates refuses it (400).' },
    });
    await eventually(async () => {
      const told = (await slackMessages(system.sandbox)).filter(({ event_id }) => event_id === `unforwarded-${first}`);
      expect(told.map(({ channel }) => channel)).toEqual(['general']);
      expect(told[0]?.text).toContain('service `refused`');
    });
    await lane.stop();
  });

  it.each([401, 404])('with %d, as a new token or a deployment does: everything is kept, in order', async (status) => {
    const lane = await openLane({}, ['worker']);
    const service = `passing-${status}`;
    await setFault(system.sandbox, { ...OF_RECEIVER, kind: 'error', status, count: 3 });
    const posted = await postSeries(lane, [service], 3);
    await expectInOrder(posted);
    expect((await forwardingReaches(lane.api, service, 'delivered')).forwarding?.given_up).toBeUndefined();
    await lane.stop();
  });

  it('for too long: what is out of time is given up, and what came later is not', async () => {
    const lane = await openLane({ STATUS_FORWARD_GIVE_UP: '10s' }, ['worker']);
    await setFault(system.sandbox, { ...OF_RECEIVER, kind: 'error', status: 503 });
    const old = await postStatus(lane.api, 'too-long', { status: 'starting' });
    expect((await forwardingReaches(lane.api, 'too-long', 'failed')).forwarding).toMatchObject({
      waiting: 0,
      last_error: { code: 'status-target-unavailable' },
      given_up: { id: old.id },
    });
    const next = await postStatus(lane.api, 'too-long');
    await clearFaults(system.sandbox);
    await forwardingReaches(lane.api, 'too-long', 'delivered');
    expect(await eventsOf(system.sandbox, 'too-long')).toEqual([next.id]);
    await lane.stop();
  });
});

describe('without a target', () => {
  it('updates are only recorded', async () => {
    const lane = await system.openLane({ start: ['worker'] });
    const { id } = await postStatus(lane.api, 'recorded', { status: 'stopped' });
    const seen = await forwardingReaches(lane.api, 'recorded', 'none');
    expect(seen).toMatchObject({ id, status: 'stopped', forwarding: { state: 'none', waiting: 0 } });
    expect(await deliveriesOf(system.sandbox, 'recorded')).toEqual([]);
    await lane.stop();
  });
});

describe('a job that its queue has lost', () => {
  it('is put back by the mini-worker: the ledger has it', async () => {
    const lane = await openLane();
    const { id } = await postStatus(lane.api, 'lost');
    const redis = new Redis(system.redis.url, { protocol: 2, replyMapping: 'legacy' });
    // As if web had died between opening the job and putting it into its queue.
    const queued = await redis.keys(`${lane.prefix}:queue:status-updates:*`);
    expect(queued.length).toBeGreaterThan(0);
    await redis.del(...queued);
    // And half a minute had passed.
    const [job = ''] = await redis.zrange(`${lane.prefix}:open-jobs`, '0', '0');
    await redis.zadd(`${lane.prefix}:open-jobs`, 1, job);
    redis.disconnect();
    lane.startWorker();
    lane.startMiniWorker();
    await forwardingReaches(lane.api, 'lost', 'delivered');
    expect(await eventsOf(system.sandbox, 'lost')).toEqual([id]);
    await lane.stop();
  });
});
