import { createHash } from 'node:crypto';
import type { RecordSet } from '@quartermaster/dns';
import type { ErrorRecord } from '@quartermaster/foundation';
import type { Redis } from './connect.js';
import type { Asked, ChangeSet, ChangeSetState, DnsRecord, DnsRecordStatus, NewChangeSet } from './dns-record.js';
import { ASK, LOAD_RECORDS } from './dns-scripts.js';
import type { Keys } from './keys.js';
import { openJobArguments, type OpenJob } from './open-jobs.js';
import { runScript } from './script.js';

/**
 * Managed DNS records as `web` sees them: wishes go in, records and what became of a wish come out. The zones' workers
 * have their side in `dns-zones.ts`.
 *
 * A record has a name of its own for all that concerns it: while a rename is under way both names are its, and nobody
 * else can have either. A rename that fails leaves the record under its old name as it was, and a `FAILED` one, that
 * never was in the zone, under the new name; that one can be asked for again, renamed onto, or deleted (forgotten).
 */
export interface DnsRecords {
  /**
   * Takes a wish: record, change-set, the zone's waiting list and the open job `drain-zone` in one script, or nothing of it
   * and why not. `job`: `producer.describe('drain-zone', { zone_id })`.
   */
  ask(set: NewChangeSet, job: OpenJob, now: number): Promise<Asked>;
  /** `undefined`: not made here (404). */
  loadRecord(hostname: string): Promise<DnsRecord | undefined>;
  /** Where a wish stands; never `waiting` for ever. `undefined`: not known (any more). */
  loadSet(id: string): Promise<ChangeSet | undefined>;
  /** Records by host name, `page` from 1. `more`: there are records beyond this page. */
  listRecords(page: number, limit: number): Promise<{ records: DnsRecord[]; more: boolean }>;
}

/** How long (ms) a change-set is kept after its end. */
export const CHANGE_SET_MS = 7 * 86_400_000;

/** As many wishes in a row may have overtaken one another, each between two looks at what waits. */
const MAX_SUCCESSORS = 100;

export function createDnsRecords(redis: Redis, keys: Keys): DnsRecords {
  const loadRecords = async (hostnames: readonly string[]): Promise<DnsRecord[]> => {
    if (hostnames.length === 0) return [];
    const args = [keys.dnsRecord(''), ...hostnames];
    const found = (await runScript(redis, LOAD_RECORDS, [keys.dnsHostnames], args)) as [string, string[]][];
    return found.flatMap(([hostname, fields]) => parseRecord(hostname, toHash(fields)) ?? []);
  };

  return {
    ask: async (set, job, now) => {
      const { id, zone_id: zone, hostname, wished, force, must_exist, slack_channel, request_id } = set;
      const wish = wished === undefined ? '' : JSON.stringify(wished);
      const reply = (await runScript(
        redis,
        ASK,
        [
          keys.dnsSet(id),
          keys.dnsHostnames,
          keys.dnsRecordIndex,
          keys.dnsWaiting(zone),
          keys.dnsZone(zone),
          keys.openJobs,
          keys.openJobSpecs,
        ],
        [
          keys.dnsRecord(''),
          id,
          fingerprintOf(set),
          zone,
          hostname,
          wish,
          wished?.name ?? '',
          force ? '1' : '',
          must_exist ? '1' : '',
          slack_channel ?? '',
          request_id,
          now,
          CHANGE_SET_MS,
          ...openJobArguments(job, now),
        ],
      )) as [Asked['outcome'], string];
      return parseAsked(reply);
    },
    loadRecord: async (hostname) => (await loadRecords([hostname]))[0],
    loadSet: async (id) => {
      const own = await redis.hgetall(keys.dnsSet(id));
      let last = own;
      let successor: string | undefined;
      for (let count = 0; last['superseded_by'] !== undefined && count < MAX_SUCCESSORS; count += 1) {
        successor = last['superseded_by'];
        last = await redis.hgetall(keys.dnsSet(successor));
      }
      return parseSet(id, own, last, successor);
    },
    listRecords: async (page, limit) => {
      const start = (page - 1) * limit;
      const hostnames = await redis.zrange(keys.dnsRecordIndex, String(start), String(start + limit));
      return { records: await loadRecords(hostnames.slice(0, limit)), more: hostnames.length > limit };
    },
  };
}

function fingerprintOf({ zone_id, hostname, wished, force, must_exist }: NewChangeSet): string {
  const text = JSON.stringify([zone_id, hostname, wished ?? null, force, must_exist]);
  return createHash('sha256').update(text).digest('hex');
}

function parseAsked([outcome, detail]: [Asked['outcome'], string]): Asked {
  if (outcome === 'being-renamed') return { outcome, hostname: detail };
  if (outcome === 'other-zone') return { outcome, zone_id: detail };
  return { outcome };
}

function toHash(fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.flatMap((field, at) => (at % 2 === 0 ? [[field, fields[at + 1] ?? '']] : [])));
}

function parseRecord(hostname: string, hash: Record<string, string>): DnsRecord | undefined {
  const { id, zone_id, status, hostname: current, shown, applied, error, change_id } = hash;
  if (id === undefined || zone_id === undefined || shown === undefined) return undefined;
  const isOldName = current !== undefined && current !== hostname;
  return {
    id,
    hostname,
    set: JSON.parse(isOldName && applied ? applied : shown) as RecordSet,
    status: status as DnsRecordStatus,
    ...(status === 'FAILED' && error !== undefined ? { error: JSON.parse(error) as ErrorRecord } : {}),
    zone_id,
    ...(change_id === undefined ? {} : { change_id }),
    is_leaving: hash['wished'] === '',
    ...(isOldName ? { renamed_to: current } : {}),
    created_at: toIso(hash['created_at']),
    updated_at: toIso(hash['updated_at']),
  };
}

function parseSet(
  id: string,
  own: Record<string, string>,
  last: Record<string, string>,
  successor: string | undefined,
): ChangeSet | undefined {
  const { record, zone_id, hostname, wished, slack_channel, request_id } = own;
  if (record === undefined || zone_id === undefined || hostname === undefined) return undefined;
  const { state, error, change_id } = last;
  return {
    id,
    record,
    zone_id,
    hostname,
    ...(wished ? { wished: JSON.parse(wished) as RecordSet } : {}),
    // What was overtaken again and again still waits for the last one.
    state: state === undefined || state === 'superseded' ? 'waiting' : (state as ChangeSetState),
    ...(error === undefined ? {} : { error: JSON.parse(error) as ErrorRecord }),
    ...(change_id ? { change_id } : {}),
    ...(successor === undefined ? {} : { superseded_by: successor }),
    ...(slack_channel ? { slack_channel } : {}),
    request_id: request_id ?? '',
    created_at: toIso(own['created_at']),
  };
}

function toIso(ms: string | undefined): string {
  return new Date(Number(ms ?? '0')).toISOString();
}
