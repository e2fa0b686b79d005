import { AppError, createSilentLogger } from '@quartermaster/foundation';
import { catalogue, createJournals, createProducer, RetryLater, type Producer } from '@quartermaster/jobs';
import type { StatusDelivery, StatusReceiver } from '@quartermaster/notifications';
import { createOpenJobs, createStatusUpdates, type OpenJob } from '@quartermaster/stores';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import type { ForwardingParts } from '../status/forward-service.js';
import { createForwardStatus } from './forward-status.js';

const HOUR = 3_600_000;
const down = (retryAfterSeconds = 0): AppError =>
  new AppError('unavailable', 'status-target-unavailable', 'The target of status updates answers 500.', {
    retryAfterSeconds,
  });
const refused = new AppError('unprocessable', 'status-refused', 'The target of status updates refuses it (400).');

let test: TestRedis;
let producer: Producer;
let updates: ReturnType<typeof createStatusUpdates>;
/** What arrived, as `event id status`. */
let arrived: string[];
/** What happens at the next deliveries; `undefined` and beyond the end: it arrives. */
let fates: (AppError | undefined)[];
let crashAt: string | undefined;
/** The only clock: it goes on by what a test adds, and by a millisecond whenever somebody looks. */
let clock: number;
let errors: object[];
let serial = 0;

beforeEach(async () => {
  test = await openTestRedis();
  producer = createProducer(test.redis, test.keys, createSilentLogger());
  updates = createStatusUpdates(test.redis, test.keys);
  [arrived, fates, errors, crashAt, clock, serial] = [[], [], [], undefined, Date.now(), 0];
});
afterEach(async () => {
  await producer.close();
  await test.close();
});

const receiver: StatusReceiver = {
  deliver: ({ event_id, body }: StatusDelivery) => {
    const fate = fates.shift();
    if (fate !== undefined) return Promise.reject(fate);
    arrived.push(`${event_id} ${body.status}`);
    return Promise.resolve();
  },
};
const now = (): number => (clock += 1);

async function post(status: string, channel?: string): Promise<string> {
  const id = `u${(serial += 1)}`;
  const fixed = { service: 'web', application_id: 'a', deployment_id: 'd' };
  const update = { id, ...fixed, status, timestamp: new Date(now()).toISOString() };
  const told = channel === undefined ? {} : { slack_channel: channel };
  const job = producer.describe('forward-status', { service: 'web' });
  await updates.accept({ update, request_id: `r-${id}`, ...told }, false, job, now());
  return id;
}

/** One run of the job, as a worker does it. */
async function run(settings: Partial<ForwardingParts> = {}, giveUpFor?: Error): Promise<void> {
  const { redis, keys } = test;
  const log = { ...createSilentLogger(), error: (_message: string, fields?: object) => void errors.push(fields ?? {}) };
  const crashPoint = (point: string): void => {
    if (point !== crashAt) return;
    crashAt = undefined;
    throw new Error(`died at ${point}`);
  };
  const journals = createJournals({ redis, keys, log, leaseMs: 60_000, crashPoint });
  const times = { giveUpMs: 24 * HOUR, backoffMs: 1_000, maxBackoffMs: 300_000 };
  const processor = createForwardStatus({ updates, receiver, journals, producer, times, now, ...settings });
  const journal = await journals.open('status:web', catalogue['forward-status'].retentionMs);
  try {
    const context = { journal, log, request_id: 'r1' };
    if (giveUpFor === undefined) await processor.run({ service: 'web' }, context);
    else await processor.giveUp?.({ service: 'web' }, giveUpFor, context);
  } finally {
    await journal.close();
  }
}
/** How long (s, rounded) a run asks to wait. */
async function pauseOf(running: Promise<void>): Promise<number> {
  const error: unknown = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RetryLater)) throw error;
  return Math.round(error.delayMs / 1000);
}
const openJobs = async (name: string): Promise<OpenJob[]> =>
  (await createOpenJobs(test.redis, test.keys).due(Number.MAX_SAFE_INTEGER, 100)).filter((job) => job.name === name);

describe('forwarding', () => {
  it('delivers all that waits, in order', async () => {
    for (const status of ['starting', 'running', 'stopped']) await post(status);
    await run();
    expect(arrived).toEqual(['u1 starting', 'u2 running', 'u3 stopped']);
    expect(await updates.load('web')).toMatchObject({ waiting: 0, ended: { state: 'delivered' } });
    await run();
    expect(arrived).toHaveLength(3);
  });

  it('gives others their turn after a hundred', async () => {
    for (let count = 0; count < 120; count += 1) await post('running');
    await expect(run()).rejects.toMatchObject({ delayMs: 1 });
    expect(arrived).toHaveLength(100);
    await run();
    expect(arrived).toHaveLength(120);
  });

  it('waits where the target fails, longer each time, and lets nothing overtake', async () => {
    await post('starting');
    fates = [down(), down(), down(120)];
    const pauses: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      pauses.push(await pauseOf(run()));
      await post('running');
      // A wake-up in between does not shorten the pause.
      expect(await pauseOf(run())).toBe(pauses.at(-1));
      clock += (pauses.at(-1) ?? 0) * 1000 + 1;
    }
    expect([pauses, arrived]).toEqual([[1, 2, 120], []]);
    await run();
    expect(arrived).toEqual(['u1 starting', 'u2 running', 'u3 running', 'u4 running']);
    expect(await updates.load('web')).not.toHaveProperty('trouble');
  });

  it('gives up at once what the target refuses, tells of it, and goes on', async () => {
    await post('starting', 'ops');
    await post('running', 'ops');
    fates = [refused];
    await run();
    expect(arrived).toEqual(['u2 running']);
    expect(await updates.load('web')).toMatchObject({
      ended: { state: 'delivered' },
      given_up: { update: { id: 'u1', status: 'starting' }, error: { code: 'status-refused' } },
    });
    expect(errors).toEqual([expect.objectContaining({ service: 'web', updates: 1, first_event_id: 'u1' })]);
    const [told, ...others] = await openJobs('send-notification');
    expect([told?.payload, told?.request_id, others]).toEqual([
      {
        event_id: 'unforwarded-u1',
        channel: 'ops',
        text: 'Could not forward a status update of service `web`: The target of status updates refuses it (400)',
      },
      'r-u1',
      [],
    ]);
  });

  it('gives up after a day what waited, all that is as old, and keeps what is younger', async () => {
    await post('starting', 'ops');
    await post('failed', 'dev');
    await post('running', 'ops');
    clock += 23 * HOUR;
    await post('stopped', 'ops');
    fates = [down(), down()];
    expect(await pauseOf(run())).toBe(1);
    expect(await updates.load('web')).toMatchObject({ waiting: 4, trouble: { tries: 1 } });
    clock += HOUR;
    expect(await pauseOf(run())).toBe(2);
    expect(await updates.load('web')).toMatchObject({
      waiting: 1,
      trouble: { tries: 2 },
      given_up: {
        update: { id: 'u3', status: 'running' },
        error: { message: 'It could not be forwarded within 24 h. The target of status updates answers 500.' },
      },
    });
    const told = (await openJobs('send-notification')).map(({ payload }) => payload as Record<string, string>);
    expect(told.map(({ event_id, channel }) => `${event_id} ${channel}`).sort()).toEqual([
      'unforwarded-u1 ops',
      'unforwarded-u2 dev',
    ]);
    clock += 2_001;
    await run();
    expect(arrived).toEqual(['u4 stopped']);
  });

  it('tries what came late from the list once more, and ends where all was given up', async () => {
    await post('starting');
    clock += 48 * HOUR;
    fates = [down()];
    await run();
    expect(await updates.load('web')).toMatchObject({ waiting: 0, ended: { state: 'failed' } });
    expect(await updates.load('web')).not.toHaveProperty('trouble');
    await post('running');
    clock += 48 * HOUR;
    await run();
    expect(arrived).toEqual(['u2 running']);
  });

  it('only records where there is no target', async () => {
    for (const status of ['starting', 'running']) await post(status);
    await run({ receiver: undefined });
    expect(arrived).toEqual([]);
    expect(await updates.load('web')).toMatchObject({ waiting: 0, ended: { state: 'none' }, latest: { id: 'u2' } });
  });
});

describe('a worker that dies', () => {
  it.each(['before', 'acted', 'after'])('at forward:%s loses nothing and changes no order', async (place) => {
    for (const status of ['starting', 'running']) await post(status);
    crashAt = `status-update/forward:${place}`;
    await expect(run()).rejects.toThrow(/died/);
    await run();
    const repeated = place === 'acted' ? ['u1 starting'] : [];
    expect(arrived).toEqual([...repeated, 'u1 starting', 'u2 running']);
    expect(await updates.load('web')).toMatchObject({ waiting: 0, ended: { state: 'delivered' } });
  });

  it('after a refusal does not ask again', async () => {
    await post('starting');
    fates = [refused];
    crashAt = 'status-update/forward:after';
    await expect(run()).rejects.toThrow(/died/);
    await run();
    expect([arrived, fates]).toEqual([[], []]);
    expect(await updates.load('web')).toMatchObject({ ended: { state: 'failed', error: { code: 'status-refused' } } });
  });
});

describe('a bug of ours', () => {
  it('costs the update at the head, and the others go on', async () => {
    await post('starting', 'ops');
    await post('running', 'ops');
    await run({}, new TypeError('a secret of ours'));
    expect(await updates.load('web')).toMatchObject({ waiting: 1, given_up: { error: { code: 'internal-error' } } });
    expect(JSON.stringify([await updates.load('web'), await openJobs('send-notification')])).not.toContain('secret');
    expect(await openJobs('forward-status')).toHaveLength(1);
    await run();
    expect(arrived).toEqual(['u2 running']);
  });

  it('is tried again before that', async () => {
    await post('starting');
    const broken = { deliver: () => Promise.reject(new TypeError('a bug')) };
    await expect(run({ receiver: broken })).rejects.toThrow('a bug');
    expect(await updates.load('web')).toMatchObject({ waiting: 1 });
  });
});
