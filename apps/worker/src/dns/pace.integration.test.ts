import type { RecordSet } from '@quartermaster/dns';
import { createSilentLogger } from '@quartermaster/foundation';
import { createJournals, createWorkers, type Processors, type Workers } from '@quartermaster/jobs';
import { createRequestSlots } from '@quartermaster/stores';
import { eventually, openTestRedis } from '@quartermaster/testing';
import { createDrainZone } from '../processors/drain-zone.js';
import { createFollowChange } from '../processors/follow-change.js';
import { openDnsDesk } from '../testing/dns-desk.js';

const a = (name: string): RecordSet => ({ name, type: 'A', ttl: 60, values: ['1.0.0.1'], is_special: false });
const ZONES = ['Z1', 'Z2', 'Z3', 'Z4', 'Z5'];

/** The most of these times (ms) that lie within one second. */
function busiestSecond(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 1000).length));
}

describe('four workers at five zones', () => {
  it('make four requests a second at most, and everything ends in sync', async () => {
    const test = await openTestRedis();
    const log = createSilentLogger();
    const desk = openDnsDesk(test, log);
    const { redis, keys, config: redisConfig } = test;
    const idle = { run: () => Promise.resolve() };
    const running = [1, 2, 3, 4].map((): Workers => {
      const journals = createJournals({ redis, keys, log, leaseMs: 4_000 });
      const slots = createRequestSlots(redis, keys, { service: 'route53', perSecond: 4, log });
      const parts = { ...desk.parts, journals, slots };
      const processors = {
        'drain-zone': createDrainZone(parts),
        'follow-change': createFollowChange(parts),
        'send-notification': idle,
      } as unknown as Processors;
      const concurrency = new Map([['dns-changes', 10] as const]);
      const timing = { lockMs: 5_000, backoffMs: 100, maxBackoffMs: 1_000, canaryMs: 10_000 };
      const producing = { producer: desk.producer, onStopped: () => undefined };
      return createWorkers({
        redis,
        redisConfig,
        keys,
        log,
        journals,
        processors,
        concurrency,
        ...timing,
        ...producing,
      });
    });

    const wishes = ZONES.flatMap((zone) =>
      Array.from({ length: 30 }, (_, count) => ({ zone, name: `n${count}.${zone}` })),
    );
    const spreading = setInterval(() => desk.dns.spread(), 500);
    const startedAt = performance.now();
    for (const [at, { zone, name }] of wishes.entries()) {
      const job = desk.producer.describe('drain-zone', { zone_id: zone });
      const fixed = { zone_id: zone, hostname: name, force: false, must_exist: false, request_id: 'r' };
      await desk.records.ask({ id: `s${at}`, ...fixed, wished: a(name) }, job, Date.now());
      await desk.producer.dispatch(job);
    }
    await eventually(async () => {
      const seen = await Promise.all(wishes.map(async ({ name }) => (await desk.records.loadRecord(name))?.status));
      expect(seen.filter((status) => status !== 'INSYNC')).toEqual([]);
      expect(await desk.openJobs()).toEqual([]);
    }, 60_000);
    clearInterval(spreading);
    const { requests, batches } = desk.dns;
    const took = Math.round(performance.now() - startedAt);
    console.log(
      `${wishes.length} records in ${batches.length} batches and ${requests.length} requests took ${took} ms; the busiest second had ${busiestSecond(requests)}`,
    );
    expect(busiestSecond(requests)).toBeLessThanOrEqual(4);
    expect(batches.length).toBeLessThan(wishes.length);

    await Promise.all(running.map((workers) => workers.close(500)));
    await desk.close();
    await test.close();
  });
});
