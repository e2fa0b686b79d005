import type { BuildRequest } from '@quartermaster/instances';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { randomUUID } from 'node:crypto';
import { createBuilds, type AcceptedBuild, type Builds, type Launched, type NewBuild } from './builds.js';
import { createOpenJobs, type OpenJob, type OpenJobs } from './open-jobs.js';

const REQUEST: BuildRequest = {
  site: 'org',
  env: 'staging',
  queue: 'docker',
  role: 'worker',
  instance_type: 'c3.2xlarge',
  count: 2,
  tags: {},
  name_template: '{{ role }}',
  boot_instance: true,
};
const NOW = Date.parse('2026-01-02T03:04:05Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ERROR = { kind: 'unprocessable', code: 'no-capacity', message: 'EC2 has none' } as const;

let test: TestRedis;
let builds: Builds;
let openJobs: OpenJobs;
beforeEach(async () => {
  test = await openTestRedis();
  builds = createBuilds(test.redis, test.keys, 30 * DAY_MS);
  openJobs = createOpenJobs(test.redis, test.keys);
});
afterEach(() => test.close());

const job = (id: string, text = ''): OpenJob => ({ id, name: 'send-notification', payload: { text } });

function newBuild(fields: Partial<BuildRequest> = {}, id: string = randomUUID()): NewBuild {
  const request = { ...REQUEST, ...fields };
  return { id, fingerprint: JSON.stringify(request), request, request_id: 'r1', job: job(`build-${id}`) };
}
async function accepted(fields: Partial<BuildRequest> = {}, now = NOW): Promise<string> {
  const build = newBuild(fields);
  expect(await builds.accept(build, 500, now)).toEqual({ outcome: 'accepted' });
  return build.id;
}
async function launched(instances: readonly string[] = ['i-1', 'i-2']): Promise<string> {
  const id = await accepted({ count: instances.length });
  await builds.launch(id, launch(instances, [], NOW + DAY_MS), NOW + 1000);
  return id;
}
const launch = (instance_ids: readonly string[], jobs: readonly OpenJob[] = [], script_expires_at = 0): Launched => ({
  instance_ids,
  script_expires_at,
  jobs,
});
const quiet = { notification: undefined, ending: 'none' } as const;
const openIds = (): Promise<string[]> => test.redis.zrange(test.keys.openJobs, '0', '-1');

describe('accepting a build', () => {
  it('keeps it pending, together with its open job', async () => {
    const build = newBuild();
    await builds.accept(build, 500, NOW);
    expect(await builds.load(build.id)).toEqual({
      id: build.id,
      state: 'pending',
      request: REQUEST,
      request_id: 'r1',
      instance_ids: [],
      reports: {},
      unreported: [],
      created_at: '2026-01-02T03:04:05.000Z',
    });
    expect(await openJobs.load(build.job.id)).toEqual(build.job);
  });

  it('takes the same id and body for the same build, another body for another one, and opens nothing', async () => {
    const build = newBuild();
    await builds.accept(build, 500, NOW);
    await openJobs.close(build.job.id);
    expect(await builds.accept(build, 0, NOW)).toEqual({ outcome: 'same' });
    expect(await builds.accept(newBuild({ count: 3 }, build.id), 500, NOW)).toEqual({ outcome: 'differs' });
    expect(await openIds()).toEqual([]);
  });

  it('counts what runs and what is on its way, and keeps nothing of a build that is too much', async () => {
    await test.redis.sadd(test.keys.managedInstances, 'i-1', 'i-2', 'i-3');
    expect(await builds.accept(newBuild(), 6, NOW)).toEqual({ outcome: 'accepted' });
    const tooMuch = newBuild();
    expect(await builds.accept(tooMuch, 6, NOW)).toEqual({ outcome: 'full', inUse: 5 });
    expect(await builds.load(tooMuch.id)).toBeUndefined();
    expect(await openJobs.load(tooMuch.job.id)).toBeUndefined();
    expect(await builds.accept(newBuild({ boot_instance: false }), 0, NOW)).toEqual({ outcome: 'accepted' });
  });

  it('never grows above the limit however many come at once, and has room again when some fail', async () => {
    const wanted = Array.from({ length: 20 }, () => newBuild());
    const outcomes = await Promise.all(wanted.map((build) => builds.accept(build, 15, NOW)));
    const isIn = ({ outcome }: AcceptedBuild): boolean => outcome === 'accepted';
    expect(outcomes.filter(isIn)).toHaveLength(7);
    const first = wanted[outcomes.findIndex(isIn)]?.id ?? '';
    await builds.fail(first, ERROR, NOW);
    expect(await builds.accept(newBuild(), 15, NOW)).toEqual({ outcome: 'accepted' });
    expect(await builds.accept(newBuild(), 15, NOW)).toEqual({ outcome: 'full', inUse: 14 });
  });
});

describe('a launch', () => {
  it('starts the build, gives its reservation back, and is repeated without effect', async () => {
    const id = await launched();
    expect(await builds.launch(id, launch(['i-8', 'i-9'], [job('late')]), NOW + 5000)).toMatchObject({
      outcome: 'started',
    });
    expect(await openJobs.load('late')).toBeUndefined();
    expect(await builds.load(id)).toMatchObject({
      state: 'started',
      instance_ids: ['i-1', 'i-2'],
      started_at: new Date(NOW + 1000).toISOString(),
    });
    expect(await test.redis.hlen(test.keys.reservedInstances)).toBe(0);
  });

  it('opens what follows together with the change of state', async () => {
    const id = await accepted();
    const jobs = [{ ...job('check'), due_at: NOW + DAY_MS }, job('tell')];
    expect(await builds.launch(id, launch(['i-1', 'i-2'], jobs), NOW)).toMatchObject({ outcome: 'started' });
    expect([await openJobs.load('check'), await openJobs.load('tell')]).toEqual(jobs);
    expect((await builds.load(id))?.instance_ids).toEqual(['i-1', 'i-2']);
  });

  it('counts reports that came before, drops those of strangers, and says again what it said', async () => {
    const id = await accepted();
    for (const instance of ['i-1', 'i-2', 'i-stranger']) {
      expect((await builds.report(id, instance, quiet, NOW)).outcome).toBe('kept');
    }
    expect(await builds.launch(id, launch(['i-1', 'i-2']), NOW)).toMatchObject({ outcome: 'finished' });
    expect(await builds.launch(id, launch(['i-1', 'i-2']), NOW)).toMatchObject({ outcome: 'finished' });
    const build = await builds.load(id);
    expect(build?.state).toBe('finished');
    expect(Object.keys(build?.reports ?? {}).sort()).toEqual(['i-1', 'i-2']);
  });

  it('lets the time of the init script count anew, and tells where it was over already', async () => {
    const id = await accepted();
    await test.redis.set(test.keys.initScript(id), 'zipped', 'PX', 600_000);
    const now = Date.now();
    const launched = launch(['i-1', 'i-2'], [], now + DAY_MS);
    expect(await builds.launch(id, launched, now)).toEqual({ outcome: 'started', has_script: true });
    expect(await test.redis.pttl(test.keys.initScript(id))).toBeGreaterThan(DAY_MS - 60_000);
    await test.redis.del(test.keys.initScript(id));
    expect(await builds.launch(id, launched, now)).toEqual({ outcome: 'started', has_script: false });
  });

  it('leaves a build that has failed as it is', async () => {
    const id = await accepted();
    await builds.fail(id, ERROR, NOW);
    expect(await builds.launch(id, launch(['i-1'], [job('unwanted')]), NOW)).toMatchObject({ outcome: 'failed' });
    expect(await openJobs.load('unwanted')).toBeUndefined();
    expect(await builds.load(id)).toMatchObject({ state: 'failed', error: ERROR, instance_ids: [] });
  });

  it('is not needed where nothing boots: the build finishes', async () => {
    const id = await accepted({ boot_instance: false });
    await builds.finish(id, NOW + 1000);
    expect(await builds.load(id)).toMatchObject({ state: 'finished', instance_ids: [] });
  });
});

describe('failing', () => {
  it('happens to a pending build only, once', async () => {
    const [pending, started] = [await accepted(), await launched()];
    for (const id of [pending, started]) await builds.fail(id, ERROR, NOW);
    await builds.fail(pending, { ...ERROR, code: 'other' }, NOW);
    expect(await builds.load(pending)).toMatchObject({ state: 'failed', error: ERROR });
    expect((await builds.load(started))?.state).toBe('started');
  });
});

describe('a report', () => {
  it('is counted, told with its number, and finishes the build when it is the last', async () => {
    const id = await launched();
    const told = { notification: job('reported-1', '{reported} of 2'), ending: job('finished') };
    expect(await builds.report(id, 'i-2', told, NOW + 2000)).toEqual({ outcome: 'recorded', reported: 1 });
    expect(await openJobs.load('reported-1')).toMatchObject({ payload: { text: '1 of 2' } });
    expect(await openJobs.load('finished')).toBeUndefined();
    const last = { notification: job('reported-2', '{reported} of 2'), ending: job('finished') };
    expect(await builds.report(id, 'i-1', last, NOW + 3000)).toEqual({ outcome: 'finished', reported: 2 });
    expect(await openJobs.load('reported-2')).toMatchObject({ payload: { text: '2 of 2' } });
    expect(await openJobs.load('finished')).toBeDefined();
    expect(await builds.load(id)).toMatchObject({
      state: 'finished',
      reports: { 'i-1': new Date(NOW + 3000).toISOString(), 'i-2': new Date(NOW + 2000).toISOString() },
    });
  });

  it('changes nothing when it comes again, also while the build is pending', async () => {
    const id = await launched();
    const told = { notification: job('reported-1'), ending: job('finished') };
    await builds.report(id, 'i-1', told, NOW);
    await openJobs.close('reported-1');
    expect((await builds.report(id, 'i-1', told, NOW)).outcome).toBe('repeated');
    expect(await openJobs.load('reported-1')).toBeUndefined();
    const pending = await accepted();
    await builds.report(pending, 'i-1', quiet, NOW);
    expect((await builds.report(pending, 'i-1', quiet, NOW)).outcome).toBe('repeated');
  });

  it('of a stranger, or to no build, is refused', async () => {
    expect((await builds.report(await launched(), 'i-9', quiet, NOW)).outcome).toBe('unknown-instance');
    expect((await builds.report(randomUUID(), 'i-1', quiet, NOW)).outcome).toBe('unknown-build');
  });

  it('that would end the build records nothing until it brings the job that tells of the end', async () => {
    const id = await launched(['i-1']);
    const planned = { notification: job('reported-1'), ending: undefined };
    expect((await builds.report(id, 'i-1', planned, NOW)).outcome).toBe('look-again');
    expect(await openJobs.load('reported-1')).toBeUndefined();
    expect((await builds.load(id))?.state).toBe('started');
    expect((await builds.report(id, 'i-1', { ...planned, ending: job('end') }, NOW)).outcome).toBe('finished');
  });

  it('of all instances at once finishes the build exactly once', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `i-${i}`);
    const id = await launched(ids);
    const told = (instance: string) => ({ notification: job(`reported-${instance}`), ending: job('finished') });
    const outcomes = await Promise.all(ids.map((one) => builds.report(id, one, told(one), NOW)));
    expect(outcomes.filter(({ outcome }) => outcome === 'finished')).toHaveLength(1);
    expect(outcomes.map(({ reported }) => reported).sort((a, b) => a - b)).toEqual(ids.map((_, i) => i + 1));
  });
});

describe('instances that have not reported', () => {
  it('are listed, until they do, and not for a build that is over', async () => {
    const id = await launched(['i-1', 'i-2', 'i-3']);
    await builds.report(id, 'i-2', quiet, NOW);
    expect(await builds.markUnreported(id)).toEqual(['i-1', 'i-3']);
    await builds.report(id, 'i-3', quiet, NOW);
    expect(await builds.load(id)).toMatchObject({ state: 'started', unreported: ['i-1'] });
    await builds.report(id, 'i-1', quiet, NOW);
    expect(await builds.load(id)).toMatchObject({ state: 'finished', unreported: [] });
    expect(await builds.markUnreported(id)).toEqual([]);
    expect(await builds.markUnreported(await accepted())).toEqual([]);
  });
});

describe('a list of builds', () => {
  it('is newest first, in pages that say whether there is more', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) ids.unshift(await accepted({}, NOW + i));
    const page = async (number: number): Promise<[string[], boolean]> => {
      const { builds: found, more } = await builds.list({}, number, 2);
      return [found.map(({ id }) => id), more];
    };
    expect(await page(1)).toEqual([ids.slice(0, 2), true]);
    expect(await page(2)).toEqual([ids.slice(2, 4), true]);
    expect(await page(3)).toEqual([ids.slice(4), false]);
    expect(await page(4)).toEqual([[], false]);
  });

  it('keeps to its filters, alone and together', async () => {
    const one = await accepted({ site: 'com', env: 'production' });
    const two = await accepted({ site: 'com', queue: 'mac', role: 'web' }, NOW + 1);
    await builds.fail(one, ERROR, NOW);
    const ids = async (filter: Parameters<Builds['list']>[0]): Promise<string[]> =>
      (await builds.list(filter, 1, 10)).builds.map(({ id }) => id);
    expect(await ids({ site: 'com' })).toEqual([two, one]);
    expect(await ids({ site: 'com', env: 'production' })).toEqual([one]);
    expect(await ids({ queue: 'mac', role: 'web' })).toEqual([two]);
    expect(await ids({ state: 'failed' })).toEqual([one]);
    expect(await ids({ site: 'com', state: 'pending' })).toEqual([two]);
    expect(await ids({ site: 'nowhere' })).toEqual([]);
  });

  it('goes on past builds that it leaves out', async () => {
    const old = await accepted({ env: 'production' });
    for (let i = 1; i <= 120; i += 1) await accepted({}, NOW + i);
    const { builds: found, more } = await builds.list({ site: 'org', env: 'production' }, 1, 1);
    expect([found.map(({ id }) => id), more]).toEqual([[old], false]);
  });
});

describe('retention', () => {
  it('counts from the last change of state, and takes old builds off the lists', async () => {
    builds = createBuilds(test.redis, test.keys, HOUR_MS);
    const id = await accepted();
    await test.redis.pexpire(test.keys.build(id), 600_000);
    await builds.report(id, 'i-1', quiet, NOW);
    await builds.launch(id, launch(['i-1', 'i-2']), NOW);
    for (const key of [test.keys.build(id), test.keys.buildReports(id)]) {
      expect(await test.redis.pttl(key)).toBeGreaterThan(HOUR_MS - 300_000);
    }
    await test.redis.del(test.keys.build(id));
    expect((await builds.list({}, 1, 10)).builds).toEqual([]);
    // Trimmed now and then: at times that are a multiple of 50 ms.
    await accepted({}, NOW + 2 * HOUR_MS + 1000 - (NOW % 50));
    expect(await test.redis.zscore(test.keys.buildIndex(), id)).toBeNull();
  });

  it('keeps the hash of a credential and its end with the build', async () => {
    const id = await accepted();
    await test.redis.hset(test.keys.build(id), 'secret_hash', 'a'.repeat(64), 'secret_expires_at', NOW + 1);
    expect((await builds.load(id))?.credential).toEqual({ hash: 'a'.repeat(64), expires_at: NOW + 1 });
    await builds.launch(id, launch(['i-1', 'i-2'], [], NOW + DAY_MS), NOW);
    expect((await builds.load(id))?.credential?.expires_at).toBe(NOW + DAY_MS);
  });
});
