import { setFault } from '../harness/builds';
import {
  addZone,
  dnsEffects,
  HASTY_WORKER,
  openDnsLane,
  postRecord,
  recordReaches,
  standingIn,
  zoneOf,
  type SandboxZone,
} from '../harness/records';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { eventually } from '@quartermaster/testing';

/** The answer to a batch is waited for 12 s before the zone is believed (`settle_ms` of the drain). */
const LIMIT_MS = 60_000;
const ZONES = 12;
let system: System;
let zone: SandboxZone;
/** One record in each; the work on each is a job of its own. */
let zones: SandboxZone[];
beforeAll(async () => {
  system = await startSystem({ SANDBOX_ROUTE53_INSYNC_MS: '300' });
  zone = await zoneOf(system.sandbox, 'example.com');
  const names = Array.from({ length: ZONES }, (_, at) => `kill${at}.example.net`);
  zones = await Promise.all(names.map((name) => addZone(system.sandbox, name)));
});
afterAll(() => system.stop());

/** Its last value stands there once, and was put there once: whatever else was sent of it has changed nothing. */
async function expectDoneOnce(place: SandboxZone, hostname: string, value: string): Promise<void> {
  const standing = (await standingIn(system.sandbox, place)).filter(({ name }) => name === hostname);
  expect(standing).toMatchObject([{ type: 'A', ttl: 60, values: [value] }]);
  const touched = (await dnsEffects(system.sandbox, place))
    .map(({ changes }) => changes.filter(({ name, values }) => name === hostname && values.includes(value)))
    .filter((changes) => changes.length > 0)
    .map((changes) => changes.map(({ action }) => action));
  expect(touched[0]).toEqual(['CREATE']);
  for (const later of touched.slice(1)) expect(later).toEqual(['DELETE', 'CREATE']);
}

async function post(lane: Lane, hostname: string, ip_address: string): Promise<void> {
  const answer = await postRecord(lane.api, { hostname, ip_address }, { prefer: 'respond-async' });
  expect([hostname, answer.status]).toEqual([hostname, 202]);
}

/** A record that is there is changed; the worker that changes it dies at a point, another one goes on. */
async function dieAt(place: string): Promise<void> {
  const lane = await openDnsLane(system, { start: ['mini-worker'] });
  const hostname = `die-${place}.example.com`;
  const first = lane.startWorker();
  await post(lane, hostname, '10.0.0.1');
  await recordReaches(lane.api, hostname, 'INSYNC', LIMIT_MS);
  await first.stop();

  const doomed = lane.startWorker({ CRASH_POINT: `dns-batch/send:${place}`, WORKER_QUEUES: 'dns-changes' });
  await post(lane, hostname, '10.0.0.2');
  expect(await doomed.ended).toBe('SIGKILL');
  const diedAt = Date.now();
  lane.startWorker();
  expect(await recordReaches(lane.api, hostname, 'INSYNC', LIMIT_MS)).toMatchObject({ ip_address: '10.0.0.2' });
  const seconds = ((Date.now() - diedAt) / 1000).toFixed(1);
  process.stdout.write(`killed at dns-batch/send:${place}: in sync ${seconds} s later\n`);
  await expectDoneOnce(zone, hostname, '10.0.0.2');
  await lane.stop();
}

/** Wherever the state of a zone is stored there is a before and an after: of a dozen zones under way each is somewhere else. */
async function dieAmidst(rounds: readonly number[]): Promise<void> {
  const lane = await openDnsLane(system, { start: ['mini-worker'], worker: HASTY_WORKER });
  let current = lane.startWorker();
  for (const [round, killAfterMs] of rounds.entries()) {
    const value = `10.0.1.${round}`;
    const done = async (): Promise<void> => {
      for (const { name } of zones) {
        expect(await recordReaches(lane.api, `a.${name}`, 'INSYNC', LIMIT_MS)).toMatchObject({ ip_address: value });
      }
    };
    await Promise.all(zones.map(({ name }) => post(lane, `a.${name}`, value)));
    if (killAfterMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, killAfterMs));
      current.kill('SIGKILL');
      current = lane.startWorker();
    }
    await done();
    for (const one of zones) await expectDoneOnce(one, `a.${one.name}`, value);
  }
  await lane.stop();
}

/** The answer to a change is lost, or is an internal failure, after which nobody knows whether it was carried out. */
async function loseAnswers(): Promise<void> {
  const lanes = [await openDnsLane(system), await openDnsLane(system)];
  const kinds = ['drop-answer', 'error'];
  for (const [at, kind] of kinds.entries()) {
    const lane = lanes[at] as Lane;
    await setFault(system.sandbox, { kind, service: 'route53', action: 'ChangeResourceRecordSets', count: 1 });
    await post(lane, `${kind}.example.com`, '10.0.0.1');
    await eventually(async () => expect((await system.sandbox('/_sandbox/faults')).text).not.toContain(kind));
  }
  for (const [at, kind] of kinds.entries()) {
    await recordReaches((lanes[at] as Lane).api, `${kind}.example.com`, 'INSYNC', LIMIT_MS);
    await expectDoneOnce(zone, `${kind}.example.com`, '10.0.0.1');
  }
}

it('a change of a record is done once wherever its worker is killed, and if the answer to it is lost', async () => {
  // Side by side, as each waits most of the time; whom a lost answer meets is all the same.
  await Promise.all([loseAnswers(), dieAt('before'), dieAt('acted'), dieAt('after'), dieAmidst([0, 120])]);
});
