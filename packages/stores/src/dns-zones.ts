import { EMPTY_DRAIN, type DrainState, type Outcome, type RecordSet, type WaitingSet } from '@quartermaster/dns';
import type { ErrorRecord } from '@quartermaster/foundation';
import type { Redis } from './connect.js';
import { CHANGE_SET_MS } from './dns-records.js';
import { LOAD_CHANGE, SETTLE, STORE, TAKE } from './dns-zone-scripts.js';
import type { Keys } from './keys.js';
import { openJobArguments, type OpenJob } from './open-jobs.js';
import { runScript } from './script.js';

/** Route 53 has not answered as it should, again and again. Times in ms since 1970. */
export interface ZoneTrouble {
  readonly since: number;
  readonly last_at: number;
  readonly tries: number;
}

export interface ZoneWork {
  readonly drain: DrainState;
  readonly trouble?: ZoneTrouble;
}

/** What a step of the drain brought. */
export interface ZoneStep {
  readonly state: DrainState;
  readonly outcomes: readonly Outcome[];
  /** Missing: none (any more). */
  readonly trouble?: ZoneTrouble | undefined;
  /** Opened together with it; to be dispatched afterwards. */
  readonly jobs?: readonly OpenJob[];
}

/** A change that Route 53 has accepted and that is not known to be in sync. */
export interface FollowedChange {
  /** ms since 1970. */
  readonly accepted_at: number;
  readonly sets: readonly FollowedSet[];
}

export interface FollowedSet {
  readonly id: string;
  readonly record: string;
  /** Missing: it was deleted. */
  readonly wished?: RecordSet;
  /** It is the record's latest accepted change: what it put there is to stand there. */
  readonly is_latest: boolean;
}

/** The hosted zones' work, as the worker sees it. */
export interface DnsZones {
  load(zoneId: string): Promise<ZoneWork>;
  /** Redis' time (ms since 1970): the same for all who work on zones, whose own clocks may differ. */
  readClock(): Promise<number>;
  /** What waits, in the order of its arrival, with what is applied of its records as of now. It waits until its outcome. */
  take(zoneId: string, limit: number): Promise<WaitingSet[]>;
  /**
   * State, outcomes and jobs in one script. `fence`: of the journal of `zone:<id>`; false, and nothing stored, where
   * somebody else has begun since. Every outcome changes what its record remembers as applied; what is shown of the
   * record changes only by the record's latest wish.
   */
  store(zoneId: string, fence: number, step: ZoneStep, now: number): Promise<boolean>;
  /** `undefined`: it is known to be in sync, or is none of ours. */
  loadChange(changeId: string): Promise<FollowedChange | undefined>;
  /**
   * The change has spread everywhere, but for the sets that `failed` names. A record is `INSYNC` with it where this is its
   * latest accepted change and no newer wish waits.
   */
  settleChange(
    changeId: string,
    failed: ReadonlyMap<string, ErrorRecord>,
    jobs: readonly OpenJob[],
    now: number,
  ): Promise<void>;
}

export function createDnsZones(redis: Redis, keys: Keys): DnsZones {
  const [sets, records, changes] = [keys.dnsSet(''), keys.dnsRecord(''), keys.dnsChange('')];
  const jobArguments = (jobs: readonly OpenJob[], now: number): (string | number)[] => [
    jobs.length,
    ...jobs.flatMap((job) => openJobArguments(job, now)),
  ];

  return {
    load: async (zoneId) => {
      const [drain, trouble] = await redis.hmget(keys.dnsZone(zoneId), 'drain', 'trouble');
      return {
        drain: drain ? (JSON.parse(drain) as DrainState) : EMPTY_DRAIN,
        ...(trouble ? { trouble: JSON.parse(trouble) as ZoneTrouble } : {}),
      };
    },
    readClock: async () => {
      const [seconds, micros] = await redis.time();
      return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
    },
    take: async (zoneId, limit) => {
      const taken = (await runScript(redis, TAKE, [keys.dnsWaiting(zoneId)], [sets, records, limit])) as (
        string | null
      )[][];
      return taken.map(parseWaiting);
    },
    store: async (zoneId, fence, { state, outcomes, trouble, jobs = [] }, now) => {
      const stored = await runScript(
        redis,
        STORE,
        [
          keys.dnsZone(zoneId),
          keys.dnsWaiting(zoneId),
          keys.dnsHostnames,
          keys.dnsRecordIndex,
          keys.journal(`zone:${zoneId}`),
          keys.openJobs,
          keys.openJobSpecs,
        ],
        [
          fence,
          sets,
          records,
          changes,
          zoneId,
          now,
          CHANGE_SET_MS,
          JSON.stringify(state),
          trouble === undefined ? '' : JSON.stringify(trouble),
          ...jobArguments(jobs, now),
          ...outcomes.flatMap(outcomeArguments),
        ],
      );
      return stored === 1;
    },
    loadChange: async (changeId) => {
      const reply = (await runScript(redis, LOAD_CHANGE, [keys.dnsChange(changeId)], [changeId, sets, records])) as [
        string?,
        ...[string, string, string, number][],
      ];
      const [acceptedAt, ...found] = reply;
      if (acceptedAt === undefined) return undefined;
      const followed = found.map(([id, record, wished, isLatest]) => ({
        id,
        record,
        ...(wished === '' ? {} : { wished: JSON.parse(wished) as RecordSet }),
        is_latest: isLatest === 1,
      }));
      return { accepted_at: Number(acceptedAt), sets: followed };
    },
    settleChange: async (changeId, failed, jobs, now) => {
      const errors = [...failed].flatMap(([id, error]) => [id, JSON.stringify(error)]);
      const args = [changeId, sets, records, now, ...jobArguments(jobs, now), ...errors];
      await runScript(redis, SETTLE, [keys.dnsChange(changeId), keys.openJobs, keys.openJobSpecs], args);
    },
  };
}

function parseWaiting([id, record, wished, force, applied]: (string | null)[]): WaitingSet {
  return {
    id: id ?? '',
    record: record ?? '',
    force: force === '1',
    ...(wished ? { wished: JSON.parse(wished) as RecordSet } : {}),
    ...(applied ? { applied: JSON.parse(applied) as RecordSet } : {}),
  };
}

function outcomeArguments(outcome: Outcome): string[] {
  const { id, record, result } = outcome;
  const applied = 'applied' in outcome && outcome.applied !== undefined ? JSON.stringify(outcome.applied) : '';
  const error = outcome.result === 'failed' ? JSON.stringify(outcome.error) : '';
  const [change, status] = outcome.result === 'accepted' ? [outcome.change_id, outcome.status] : ['', ''];
  return [id, record, result, change, status, error, applied];
}
