import { createSilentLogger } from '@quartermaster/foundation';
import { createProducer, type Producer } from '@quartermaster/jobs';
import { createDnsRecords, createOpenJobs } from '@quartermaster/stores';
import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import type { ApiRequest, Reply } from '../api.js';
import { askForRecord } from './ask-for-record.js';

const ZONE = 'Z1';
const request: ApiRequest = {
  id: 'r1',
  method: 'POST',
  path: '/records',
  params: {},
  query: {},
  search: '',
  caller: { name: 'tests', kind: 'token', isAdmin: false },
  body: Buffer.alloc(0),
  waitMs: undefined,
  respondAsync: true,
  operationId: 'o1',
  header: () => undefined,
};

let test: TestRedis;
let producer: Producer;
beforeEach(async () => {
  test = await openTestRedis();
  producer = createProducer(test.redis, test.keys, createSilentLogger());
});
afterEach(async () => {
  await producer.close();
  await test.close();
});

function ask(): Promise<Reply> {
  const records = createDnsRecords(test.redis, test.keys);
  const queueWatch = { warning: () => Promise.resolve({}) };
  return askForRecord({ records, producer, queueWatch }, request, {
    hostname: 'a.example.com',
    wish: { hostname: 'a.example.com', type: 'A', ip_address: '10.1.2.3', ttl: 60 },
    zoneId: ZONE,
    force: false,
    mustExist: false,
    doneStatus: 201,
    slackChannel: undefined,
  });
}
const waitingJobs = async (): Promise<number | undefined> =>
  (await producer.inspect()).find(({ name }) => name === 'dns-changes')?.waiting;

describe('a wish that is repeated', () => {
  const loseJob = async (): Promise<void> => {
    const queued = await test.redis.keys(`${test.keys.queues}:dns-changes:*`);
    await test.redis.del(...queued);
    await createOpenJobs(test.redis, test.keys).close(producer.describe('drain-zone', { zone_id: ZONE }).id);
  };

  it('is in its queue and in the ledger again while it waits, and not afterwards', async () => {
    expect((await ask()).status).toBe(202);
    expect(await waitingJobs()).toBe(1);
    await loseJob();
    expect((await ask()).status).toBe(202);
    expect([await waitingJobs(), await createOpenJobs(test.redis, test.keys).count()]).toEqual([1, 1]);
    await loseJob();
    await test.redis.hset(test.keys.dnsSet('o1'), 'state', 'accepted');
    await ask();
    expect([await waitingJobs(), await createOpenJobs(test.redis, test.keys).count()]).toEqual([0, 0]);
  });
});
