import { eventually } from '@quartermaster/testing';
import {
  addZone,
  busiestSecond,
  dnsEffects,
  editZone,
  openDnsLane,
  postRecord,
  route53Requests,
  standingIn,
  type ShownRecord,
} from '../harness/records';
import { startSystem, type System } from '../harness/start-system';

const COUNT = 1000;
const ZONE = 'thousand.example.net';
/** Where somebody else's record stands. */
const POISONED = `n700.${ZONE}`;

let system: System;
beforeAll(async () => {
  // With the account's limit: who sends more than he may is throttled.
  system = await startSystem({ SANDBOX_ROUTE53_INSYNC_MS: '1000', SANDBOX_THROTTLE: 'on' });
});
afterAll(() => system.stop());

it('a thousand changes at once, one of them against a foreign record: all but that one end in sync', async () => {
  const zone = await addZone(system.sandbox, ZONE);
  const foreign = { name: POISONED, type: 'A', ttl: 300, values: ['192.0.2.9'] };
  expect((await editZone(system.sandbox, zone, [{ action: 'CREATE', ...foreign }])).status).toBe(200);
  const lane = await openDnsLane(system);
  lane.startWorker();
  lane.startWorker();

  const hostnames = Array.from({ length: COUNT }, (_, at) => `n${at}.${ZONE}`);
  const startedAt = Date.now();
  let acceptedMs = 0;
  const statuses = await Promise.all(
    hostnames.map(async (hostname, at) => {
      const ip_address = `10.0.${at >> 8}.${at & 255}`;
      // A machine that does a thousand things at once may be too late for Redis; the request is repeated then.
      return eventually(async () => {
        const isPoisoned = hostname === POISONED;
        // Who waits longer than a request may asks once more, which is no repetition of the former request.
        const headers: Record<string, string> = isPoisoned
          ? { prefer: 'wait=25' }
          : { prefer: 'respond-async', 'idempotency-key': hostname };
        const answer = await postRecord(lane.api, { hostname, ip_address }, headers);
        if (answer.status === 503 || (isPoisoned && answer.status === 202)) throw new Error(answer.text);
        if (answer.status === 202) acceptedMs = Date.now() - startedAt;
        return answer.status;
      }, 120_000);
    }),
  );
  // Its poster, who waits, hears of the conflict.
  expect(statuses[hostnames.indexOf(POISONED)]).toBe(409);
  expect(new Set(statuses)).toEqual(new Set([202, 409]));

  const shown = await eventually(
    async () => {
      const pages = await Promise.all(
        Array.from({ length: COUNT / 100 }, (_, page) =>
          lane.api<{ records: ShownRecord[] }>(`/records?limit=100&page=${page + 1}`),
        ),
      );
      const records = pages.flatMap((page) => page.json().records);
      expect(records.filter(({ status }) => status === 'PENDING')).toHaveLength(0);
      return records;
    },
    120_000,
    1000,
  );
  const tookMs = Date.now() - startedAt;
  expect(shown.filter(({ status }) => status === 'INSYNC')).toHaveLength(COUNT - 1);
  expect(shown.filter(({ status }) => status === 'FAILED')).toMatchObject([
    { hostname: POISONED, error: { code: 'foreign-record', message: expect.stringContaining('192.0.2.9') } },
  ]);

  const standing = await standingIn(system.sandbox, zone);
  expect(standing).toHaveLength(COUNT);
  expect(standing.find(({ name }) => name === POISONED)).toMatchObject(foreign);
  const batches = (await dnsEffects(system.sandbox, zone)).filter(({ foreign: isForeign }) => isForeign !== true);
  const log = await route53Requests(system.sandbox);
  expect(log.filter(({ outcome }) => outcome === 'Throttling')).toEqual([]);
  const requests = log.map(({ at }) => at);
  process.stdout.write(
    `${COUNT} records: accepted in ${acceptedMs} ms, in sync after ${tookMs} ms, ${batches.length} batches were carried out; ` +
      `${requests.length} requests, ${busiestSecond(requests)} in the busiest second\n`,
  );
  expect(batches.length).toBeLessThan(COUNT / 10);
  expect(busiestSecond(requests)).toBeLessThanOrEqual(4);
}, 600_000);
