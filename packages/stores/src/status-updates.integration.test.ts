import type { ErrorRecord } from '@quartermaster/foundation';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createOpenJobs } from './open-jobs.js';
import type { AcceptedUpdate, StatusUpdate } from './status-update.js';
import { createStatusUpdates, type ForwardingStep } from './status-updates.js';

const FENCE = 3;
const REFUSED: ErrorRecord = { kind: 'unprocessable', code: 'status-refused', message: 'no' };
const LIMITS = { waiting: 3, waiting_bytes: 2_000, services: 3 };

let test: TestRedis;
let updates: ReturnType<typeof createStatusUpdates>;
let now = 1_700_000_000_000;
let serial = 0;
beforeEach(async () => {
  test = await openTestRedis();
  updates = createStatusUpdates(test.redis, test.keys, LIMITS);
});
afterEach(() => test.close());

const job = (service: string) => ({
  id: `forward-${service}`,
  name: 'forward-status',
  payload: { service },
  wake: 'w1',
});

async function accept(service: string, fields: Partial<StatusUpdate> = {}, mayRepeat = false): Promise<AcceptedUpdate> {
  now += 1000;
  const timestamp = new Date(now).toISOString();
  const fixed = { application_id: 'a', deployment_id: 'd', status: 'running' };
  const update = { id: `u${(serial += 1)}`, service, ...fixed, timestamp, ...fields };
  await test.redis.hset(test.keys.journal(`status:${service}`), 'fence', FENCE);
  return updates.accept({ update, request_id: 'r1', slack_channel: 'ops' }, mayRepeat, job(service), now);
}
const outcomeOf = async (...asked: Parameters<typeof accept>): Promise<string> => (await accept(...asked)).outcome;
const idOf = async (...asked: Parameters<typeof accept>): Promise<string> => {
  const accepted = await accept(...asked);
  return 'update' in accepted ? accepted.update.id : accepted.outcome;
};
const waitingIds = async (service: string): Promise<string[]> =>
  (await updates.look(service, 100)).waiting.map(({ update }) => update.id);
const store = (service: string, step: ForwardingStep, fence = FENCE): Promise<boolean> =>
  updates.store(service, fence, step, now);
const deliver = (service: string, ...ids: string[]): Promise<boolean> =>
  store(service, { ids, ended: { state: 'delivered' } });
const ttl = (service: string): Promise<number> => test.redis.pttl(test.keys.status(service));

describe('an accepted update', () => {
  it('is the latest of its service, waits behind the former ones, and has its job open', async () => {
    const first = await idOf('web', { status: 'starting' });
    const second = await idOf('web', { detail: { port: 80, text: 'ü \u0000 "' }, cluster_id: 'c' });
    expect(await updates.load('web')).toEqual({
      latest: expect.objectContaining({
        id: second,
        status: 'running',
        detail: { port: 80, text: 'ü \u0000 "' },
      }) as object,
      waiting: 2,
    });
    const { waiting, trouble } = await updates.look('web', 100);
    expect(waiting.map(({ update, slack_channel }) => [update.id, update.status, slack_channel])).toEqual([
      [first, 'starting', 'ops'],
      [second, 'running', 'ops'],
    ]);
    expect(trouble).toBeUndefined();
    expect((await updates.look('web', 1)).waiting).toHaveLength(1);
    expect(await createOpenJobs(test.redis, test.keys).load('forward-web')).toMatchObject({ wake: 'w1' });
    expect(await updates.load('nobody')).toBeUndefined();
  });

  it('nests as deep as JSON goes', async () => {
    let detail: object = {};
    for (let count = 0; count < 1_500; count += 1) detail = { a: detail };
    const id = await idOf('deep', { detail });
    await store('deep', { ids: [], trouble: { tries: 1, error: REFUSED, next_at: now } });
    expect(await deliver('deep', id)).toBe(true);
    expect((await updates.load('deep'))?.latest.detail).toEqual(detail);
  });

  it('that comes again is the same one, with the time of the first, also when it has been forwarded', async () => {
    const first = await accept('web', { id: 'k1' }, true);
    expect(await accept('web', { id: 'k1' }, true)).toEqual({ ...first, outcome: 'same' });
    await deliver('web', 'k1');
    expect(await outcomeOf('web', { id: 'k1' }, true)).toBe('same');
    expect(await waitingIds('web')).toEqual([]);
    expect(await test.redis.pttl(test.keys.statusAccepted('k1'))).toBeGreaterThan(86_000_000);
    // Nobody repeats what had no key: no trace of it is kept.
    await accept('web', { id: 'k2' });
    expect(await test.redis.exists(test.keys.statusAccepted('k2'))).toBe(0);
  });

  it('that comes again opens its job anew while anything waits: whoever accepted it may have died', async () => {
    const openJobs = createOpenJobs(test.redis, test.keys);
    await accept('web', { id: 'k3' }, true);
    await openJobs.close('forward-web');
    expect(await outcomeOf('web', { id: 'k3' }, true)).toBe('same');
    expect(await openJobs.load('forward-web')).toMatchObject({ wake: 'w1' });
    await deliver('web', 'k3');
    await openJobs.close('forward-web');
    expect(await outcomeOf('web', { id: 'k3' }, true)).toBe('same');
    expect(await openJobs.count()).toBe(0);
  });

  it('is kept a month after nothing of its service waits, and without an end while something does', async () => {
    const [first, second] = [await idOf('web'), await idOf('web')];
    expect(await ttl('web')).toBe(-1);
    await deliver('web', first);
    expect(await ttl('web')).toBe(-1);
    await deliver('web', second);
    expect(Math.round((await ttl('web')) / 86_400_000)).toBe(30);
    await accept('web');
    expect(await ttl('web')).toBe(-1);
  });
});

describe('what is too much', () => {
  it('is refused by number and by size, and nothing of it is kept', async () => {
    const ids = [await idOf('web'), await idOf('web'), await idOf('web')];
    expect(await accept('web', { status: 'stopped' })).toEqual({ outcome: 'full', waiting: 3 });
    expect((await updates.load('web'))?.latest).toMatchObject({ id: ids[2], status: 'running' });
    await deliver('web', ids[0] ?? '');
    expect(await outcomeOf('web')).toBe('accepted');

    // One alone may be of any size.
    const large = await idOf('large', { detail: 'x'.repeat(5_000) });
    expect(await outcomeOf('large')).toBe('full');
    await deliver('large', large);
    expect(await outcomeOf('large', { detail: 'ü'.repeat(700) })).toBe('accepted');
    expect(await outcomeOf('large', { detail: 'x'.repeat(400) })).toBe('full');
    expect(await outcomeOf('large')).toBe('accepted');
    expect(await createOpenJobs(test.redis, test.keys).count()).toBe(2);
  });

  it('of services makes them forget the one that was silent longest and of which nothing waits', async () => {
    const first = await idOf('first');
    const second = await idOf('second');
    await accept('third');
    expect(await outcomeOf('fourth')).toBe('too-many-services');
    expect(await outcomeOf('first')).toBe('accepted');
    await deliver('second', second);
    expect(await outcomeOf('fourth')).toBe('accepted');
    expect(await updates.load('second')).toBeUndefined();
    expect(await waitingIds('first')).toContain(first);
    expect((await updates.list(1, 10)).services.map(({ latest }) => latest.service)).toEqual([
      'fourth',
      'first',
      'third',
    ]);
  });
});

describe('forwarding', () => {
  it('takes off the head, in order, and says what became of the last', async () => {
    const ids = [await idOf('web'), await idOf('web'), await idOf('web')];
    await deliver('web', ids[0] ?? '');
    expect(await waitingIds('web')).toEqual(ids.slice(1));
    expect(await updates.load('web')).toMatchObject({ waiting: 2, ended: { state: 'delivered' } });
    const given_up = { update: { id: ids[2] ?? '', status: 'running', timestamp: 't' }, error: REFUSED, at: now };
    const notification = { id: 'notification-1', name: 'send-notification', payload: {} };
    const ended = { state: 'failed', error: REFUSED } as const;
    await store('web', { ids: ids.slice(1), ended, given_up, jobs: [notification] });
    expect(await updates.load('web')).toMatchObject({ waiting: 0, ended, given_up });
    expect(await createOpenJobs(test.redis, test.keys).load('notification-1')).toMatchObject({ id: 'notification-1' });
    expect(await test.redis.hget(test.keys.status('web'), 'waiting_bytes')).toBe('0');
  });

  it('takes nothing off that is not at the head: what was stored is not stored again', async () => {
    const ids = [await idOf('web'), await idOf('web')];
    await deliver('web', ids[1] ?? '');
    expect(await waitingIds('web')).toEqual(ids);
    await deliver('web', ids[0] ?? '');
    await deliver('web', ids[0] ?? '');
    expect(await waitingIds('web')).toEqual(ids.slice(1));
    // An id that another one begins with is another id.
    await accept('other', { id: 'u1-longer' });
    await deliver('other', 'u1');
    expect(await waitingIds('other')).toEqual(['u1-longer']);
  });

  it('is nobody’s who has been replaced', async () => {
    const id = await idOf('web');
    expect(await store('web', { ids: [id], ended: { state: 'delivered' } }, FENCE - 1)).toBe(false);
    expect(await waitingIds('web')).toEqual([id]);
    expect(await updates.load('web')).toEqual({ latest: expect.anything() as object, waiting: 1 });
  });

  it('remembers the target’s failures until it answers or nothing waits', async () => {
    const ids = [await idOf('web'), await idOf('web')];
    const trouble = { tries: 2, error: REFUSED, next_at: now + 5_000 };
    await store('web', { ids: [], trouble });
    expect(await updates.look('web', 1)).toMatchObject({ trouble });
    await store('web', { ids: [ids[0] ?? ''], ended: { state: 'failed', error: REFUSED }, trouble });
    expect(await updates.load('web')).toMatchObject({ waiting: 1, trouble });
    await store('web', { ids: [ids[1] ?? ''], ended: { state: 'failed', error: REFUSED }, trouble });
    expect(await updates.load('web')).not.toHaveProperty('trouble');
    await accept('web');
    await store('web', { ids: [], trouble });
    await store('web', { ids: [] });
    expect(await updates.load('web')).not.toHaveProperty('trouble');
  });
});

describe('the list of services', () => {
  it('begins with who was heard of last, in pages, and leaves out who has run out', async () => {
    const ids = [await idOf('a'), await idOf('b'), await idOf('c')];
    await deliver('a', ids[0] ?? '');
    const names = async (page: number, limit: number): Promise<unknown> => {
      const { services, more } = await updates.list(page, limit);
      return [services.map(({ latest }) => latest.service), more];
    };
    expect([await names(1, 2), await names(2, 2), await names(3, 2)]).toEqual([
      [['c', 'b'], true],
      [['a'], false],
      [[], false],
    ]);
    await test.redis.del(test.keys.status('a'));
    expect(await names(1, 3)).toEqual([['c', 'b'], false]);
    // Its name goes with the next one that comes a month later.
    now += 31 * 86_400_000;
    expect(await outcomeOf('d')).toBe('accepted');
    expect(await test.redis.zrange(test.keys.statuses, '0', '-1')).toEqual(['b', 'c', 'd']);
  });
});
