import type { RecordSet } from '@quartermaster/dns';
import type { Logger } from '@quartermaster/foundation';
import {
  catalogue,
  createJournals,
  createProducer,
  RetryLater,
  type JobContext,
  type Producer,
} from '@quartermaster/jobs';
import {
  createDnsRecords,
  createDnsZones,
  createOpenJobs,
  createRequestSlots,
  type DnsRecords,
  type DnsZones,
  type Keys,
  type NewChangeSet,
  type OpenJob,
  type Redis,
} from '@quartermaster/stores';
import type { ZoneWorkParts } from '../dns/work-off-zone.js';
import { createDrainZone } from '../processors/drain-zone.js';
import { createFollowChange } from '../processors/follow-change.js';
import { createFakeRoute53, type FakeRoute53 } from './fake-route53.js';

export const ZONE = 'Z1';

/** What a worker has for DNS, over a real Redis and a Route 53 in this process; jobs are run by hand, one after another. */
export interface DnsDesk {
  readonly dns: FakeRoute53;
  readonly records: DnsRecords;
  readonly zones: DnsZones;
  readonly producer: Producer;
  readonly parts: ZoneWorkParts;
  /** What the worker has warned of. */
  readonly warnings: { message: string; fields?: object | undefined }[];
  /** Where the next step of a batch "dies", once. */
  crashAt: string | undefined;
  /** Added to the clock. */
  skewMs: number;
  /** Where the clock stands still, if it does. */
  stillAt: number | undefined;
  ask(id: string, hostname: string, wished?: RecordSet, more?: Partial<NewChangeSet>): Promise<string>;
  /** Runs the job again and again, as its queue would, until it is done or fails; no wait is longer than `longestMs`. */
  drain(): Promise<void>;
  follow(changeId: string): Promise<void>;
  /** One try; throws `RetryLater`. */
  tryFollow(changeId: string): Promise<void>;
  giveUpDrain(error: unknown): Promise<void>;
  giveUpFollow(changeId: string, error: unknown): Promise<void>;
  openJobs(): Promise<OpenJob[]>;
  close(): Promise<void>;
}

const LONGEST_WAIT_MS = 300;

export function openDnsDesk({ redis, keys }: { redis: Redis; keys: Keys }, log: Logger): DnsDesk {
  const warnings: DnsDesk['warnings'] = [];
  const warn: Logger['warn'] = (message, fields) => void warnings.push({ message, fields });
  const ownLog: Logger = { ...log, warn };
  const dns = createFakeRoute53();
  const records = createDnsRecords(redis, keys);
  const zones = createDnsZones(redis, keys);
  const producer = createProducer(redis, keys, log);
  const crashPoint = (point: string): void => {
    if (point !== desk.crashAt) return;
    desk.crashAt = undefined;
    throw new Error(`died at ${point}`);
  };
  const journals = createJournals({ redis, keys, log, leaseMs: 60_000, crashPoint });
  const parts: ZoneWorkParts = {
    dns,
    records,
    zones,
    producer,
    journals,
    slots: createRequestSlots(redis, keys, { service: 'route53', perSecond: 100, log }),
    trouble: { giveUpMs: 86_400_000, backoffMs: 5, maxBackoffMs: 20 },
    drain: { settle_ms: 30 },
    now: () => desk.stillAt ?? Date.now() + desk.skewMs,
  };
  const processors = { drain: createDrainZone(parts), follow: createFollowChange(parts) };

  const under = async (
    name: 'drain-zone' | 'follow-change',
    payload: { zone_id: string; change_id: string },
    work: (context: JobContext) => Promise<void> | undefined,
  ): Promise<void> => {
    const { subject, retentionMs } = catalogue[name];
    const journal = await journals.open(subject(payload), retentionMs);
    try {
      await work({ journal, log: ownLog, request_id: 'r1' });
    } finally {
      await journal.close();
    }
  };
  const underZone = (work: (context: JobContext) => Promise<void> | undefined): Promise<void> =>
    under('drain-zone', { zone_id: ZONE, change_id: '' }, work);
  const patiently = async (attempt: () => Promise<void>): Promise<void> => {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof RetryLater)) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_WAIT_MS, error.delayMs)));
      }
    }
  };
  const tryFollow = (change_id: string): Promise<void> => {
    const payload = { zone_id: ZONE, change_id };
    return under('follow-change', payload, (context) => processors.follow.run(payload, context));
  };

  const desk: DnsDesk = {
    dns,
    records,
    zones,
    producer,
    parts,
    warnings,
    crashAt: undefined,
    skewMs: 0,
    stillAt: undefined,
    ask: async (id, hostname, wished, more = {}) => {
      const put = wished === undefined ? {} : { wished };
      const fixed = { zone_id: ZONE, hostname, force: false, must_exist: false, request_id: 'r1' };
      const job = producer.describe('drain-zone', { zone_id: ZONE });
      return (await records.ask({ id, ...fixed, ...put, ...more }, job, Date.now())).outcome;
    },
    drain: () => patiently(() => underZone((context) => processors.drain.run({ zone_id: ZONE }, context))),
    follow: (changeId) => patiently(() => tryFollow(changeId)),
    tryFollow,
    giveUpDrain: (error) => underZone((context) => processors.drain.giveUp?.({ zone_id: ZONE }, error, context)),
    giveUpFollow: (change_id, error) => {
      const payload = { zone_id: ZONE, change_id };
      return under('follow-change', payload, (context) => processors.follow.giveUp?.(payload, error, context));
    },
    openJobs: () => createOpenJobs(redis, keys).due(Number.MAX_SAFE_INTEGER, 1000),
    close: () => producer.close(),
  };
  return desk;
}
