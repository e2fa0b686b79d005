import { eventually } from '@quartermaster/testing';
import { setFault } from '../harness/builds';
import {
  addZone,
  busiestSecond,
  dnsEffects,
  openDnsLane,
  postRecord,
  recordReaches,
  route53Requests,
  standingIn,
  type SandboxZone,
} from '../harness/records';
import { startSystem, type Lane, type System } from '../harness/start-system';

const ZONE = 'outages.example.net';
const COUNT = 20;
let system: System;
let zone: SandboxZone;
let lane: Lane;
beforeAll(async () => {
  // As strict as the account's limit: a product that counts wrongly is throttled.
  system = await startSystem({ SANDBOX_ROUTE53_INSYNC_MS: '300', SANDBOX_THROTTLE: 'on' });
  zone = await addZone(system.sandbox, ZONE);
  lane = await openDnsLane(system);
});
afterEach(() => system.sandbox('/_sandbox/faults', { method: 'DELETE' }));
afterAll(() => system.stop());

async function postAll(label: string): Promise<string[]> {
  const hostnames = Array.from({ length: COUNT }, (_, at) => `${label}${at}.${ZONE}`);
  const headers = { prefer: 'respond-async' };
  const answers = await Promise.all(
    hostnames.map((hostname) => postRecord(lane.api, { hostname, ip_address: '10.1.2.3' }, headers)),
  );
  expect([...new Set(answers.map(({ status }) => status))]).toEqual([202]);
  return hostnames;
}

async function expectInSync(hostnames: readonly string[]): Promise<void> {
  for (const hostname of hostnames) await recordReaches(lane.api, hostname, 'INSYNC', 60_000);
  const standing = (await standingIn(system.sandbox, zone)).map(({ name }) => name);
  expect(hostnames.filter((hostname) => !standing.includes(hostname))).toEqual([]);
  // Nothing was put there twice.
  const made = (await dnsEffects(system.sandbox, zone)).flatMap(({ changes }) =>
    changes.filter(({ action, name }) => action === 'CREATE' && hostnames.includes(name)),
  );
  expect(made).toHaveLength(hostnames.length);
}

describe('changes of records', () => {
  it('wait while Route 53 is away, and are carried out once it is back', async () => {
    await setFault(system.sandbox, { kind: 'down', service: 'route53' });
    const hostnames = await postAll('away');
    const last = await postRecord(lane.api, { hostname: `wait.${ZONE}`, ip_address: '10.1.2.3' }, { prefer: 'wait=2' });
    expect([last.status, last.json().status]).toEqual([202, 'PENDING']);
    const trouble = (): string[] =>
      lane.processes.flatMap(({ lines }) => lines.filter((line) => line.includes('Route 53 fails')));
    await eventually(() => expect(trouble().length).toBeGreaterThan(0));
    await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
    const backAt = Date.now();
    await recordReaches(lane.api, `wait.${ZONE}`, 'INSYNC', 60_000);
    process.stdout.write(`Route 53 away: all in sync ${Date.now() - backAt} ms after it was back\n`);
    for (const hostname of hostnames) await recordReaches(lane.api, hostname, 'INSYNC', 60_000);
    expect((await standingIn(system.sandbox, zone)).length).toBe(COUNT + 1);
  });

  it('are carried out once where Route 53 throttles and has not done with its prior request', async () => {
    for (const kind of ['throttle', 'prior-request']) {
      const action = 'ChangeResourceRecordSets';
      await setFault(system.sandbox, { kind, service: 'route53', action, count: 2 });
    }
    await expectInSync(await postAll('refused'));
    const outcomes = (await route53Requests(system.sandbox)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'Throttling')).toHaveLength(2);
    expect(outcomes.filter((outcome) => outcome === 'PriorRequestNotComplete')).toHaveLength(2);
  });

  it('never were more than four requests in a second', async () => {
    const requests = (await route53Requests(system.sandbox)).map(({ at }) => at);
    expect(busiestSecond(requests)).toBeLessThanOrEqual(4);
  });
});
