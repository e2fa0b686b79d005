import { setFault } from '../harness/builds';
import {
  addZone,
  dnsEffects,
  HASTY_WORKER,
  openPatientDnsLane,
  postRecord,
  recordReaches,
  standingIn,
  type SandboxZone,
  type StandingSet,
} from '../harness/records';
import { startSystem, type System } from '../harness/start-system';

const ZONE = 'renames.example.net';
const RECORDS = 6;
const RENAMES = 4;
/** An answer that was lost costs 12 s, until the zone is believed. */
const LIMIT_MS = 60_000;
let system: System;
let zone: SandboxZone;
beforeAll(async () => {
  system = await startSystem({ SANDBOX_ROUTE53_INSYNC_MS: '200' });
  zone = await addZone(system.sandbox, ZONE);
});
afterAll(() => system.stop());

const addressOf = (record: number): string => `10.7.0.${record}`;
const nameOf = (record: number, count: number): string => `r${record}-${count}.${ZONE}`;

/** Of each record that is there how many names it has, where that is not one. */
function wrongly(standing: readonly Pick<StandingSet, 'values'>[]): string[] {
  return Array.from({ length: RECORDS }, (_, record) => addressOf(record)).flatMap((address) => {
    const names = standing.filter(({ values }) => values.includes(address)).length;
    return names === 1 ? [] : [`${address} has ${names} names`];
  });
}

it('a record has one name at every moment, however often it is renamed, whoever dies and whatever answer is lost', async () => {
  const lane = await openPatientDnsLane(system, { worker: HASTY_WORKER });
  const records = Array.from({ length: RECORDS }, (_, record) => record);
  const made = records.map((record) =>
    postRecord(lane.api, { hostname: nameOf(record, 0), ip_address: addressOf(record) }),
  );
  expect((await Promise.all(made)).map(({ status }) => status)).toEqual(records.map(() => 201));

  // The zone is looked at all the time, as a resolver would, and after every change.
  const end = new AbortController();
  const seen = new Set<string>();
  let looks = 0;
  const watching = (async () => {
    while (!end.signal.aborted) {
      for (const wrong of wrongly(await standingIn(system.sandbox, zone))) seen.add(wrong);
      looks += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();

  const rename = async (record: number, count: number): Promise<void> => {
    const [before, after] = [nameOf(record, count - 1), nameOf(record, count)];
    const body = { hostname: after, ip_address: addressOf(record) };
    const headers = { prefer: 'respond-async' };
    const answer = await lane.api(`/record/${before}`, { method: 'PUT', body, headers });
    expect([answer.status, answer.headers.get('location')]).toEqual([202, `/record/${after}`]);
    await recordReaches(lane.api, after, 'INSYNC', LIMIT_MS);
    expect((await lane.api(`/record/${before}`)).status).toBe(404);
  };
  const storm = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const action = 'ChangeResourceRecordSets';
    await setFault(system.sandbox, { kind: 'drop-answer', service: 'route53', action, count: 1 });
    lane.startWorker({ CRASH_POINT: 'dns-batch/send:acted' });
    lane.processes.find(({ name }) => name === 'worker')?.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    lane.startWorker();
  };
  await Promise.all([
    storm(),
    ...records.map(async (record) => {
      for (let count = 1; count <= RENAMES; count += 1) await rename(record, count);
    }),
  ]);
  end.abort();
  await watching;
  expect([...seen]).toEqual([]);

  // What Route 53 has carried out, change by change: its batches are all or nothing, so between them nothing can be seen.
  const standing = new Map<string, StandingSet>();
  const effects = await dnsEffects(system.sandbox, zone);
  for (const { seq, changes } of effects) {
    for (const change of changes) {
      if (change.action === 'DELETE') standing.delete(change.name);
      else standing.set(change.name, change);
    }
    if (standing.size >= RECORDS) expect([seq, wrongly([...standing.values()])]).toEqual([seq, []]);
  }
  const names = (await standingIn(system.sandbox, zone)).map(({ name }) => name);
  expect(names.sort()).toEqual(records.map((record) => nameOf(record, RENAMES)));
  process.stdout.write(
    `${RECORDS * RENAMES} renames in ${effects.length} batches, the zone looked at ${looks} times\n`,
  );
});
