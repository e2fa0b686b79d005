import { eventually } from '@quartermaster/testing';
import { createApi, type Answer, type Api } from './api';
import { effectsOf, type Effect } from './builds';
import { TOKEN, type Lane, type LaneOptions, type System } from './start-system';

/** A record as the API answers it. */
export interface ShownRecord {
  readonly hostname: string;
  readonly type: string;
  readonly ip_address: string;
  readonly port?: number;
  readonly ttl: number;
  readonly status: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A record set as the sandbox shows it. */
export interface StandingSet {
  readonly name: string;
  readonly type: string;
  readonly ttl?: number;
  readonly values: readonly string[];
  readonly set_identifier?: string;
  readonly alias?: object;
}

export interface SandboxZone {
  readonly id: string;
  readonly name: string;
  readonly private: boolean;
}

export interface DnsChange extends StandingSet {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
}

/** A batch that Route 53 has carried out. */
export interface DnsEffect extends Effect {
  readonly zone_id: string;
  readonly changes: readonly DnsChange[];
  /** By `edit`: somebody else's. */
  readonly foreign?: true;
}

/** A lane whose `web` knows the zones. The mini-worker's look at them is one of the account's few requests, so it is rare. */
export async function openDnsLane(system: System, options: LaneOptions = {}): Promise<Lane> {
  const lane = await system.openLane({ ...options, miniWorker: { MINI_WORKER_INTERVAL: '4s', ...options.miniWorker } });
  await zonesAreKnown(lane.api);
  return lane;
}

/** The same, with a client that waits for Route 53's acceptance as long as may be: nothing here is about the usual wait. */
export async function openPatientDnsLane(system: System, options: LaneOptions = {}): Promise<Lane> {
  const lane = await openDnsLane(system, options);
  return { ...lane, api: createApi(lane.webUrl, { authorization: `token ${TOKEN}`, prefer: 'wait=25' }) };
}

/** Worker settings for where the account's pace is not what is looked at. */
export const HASTY_WORKER = { ROUTE53_REQUESTS_PER_SECOND: '40' } as const;

export async function zonesAreKnown(api: Api): Promise<void> {
  await eventually(async () => {
    const { caches } = (await api<{ caches: { name: string; age_seconds: number | null }[] }>('/processes')).json();
    expect(caches.find(({ name }) => name === 'zones')?.age_seconds).toEqual(expect.any(Number));
  });
}

export async function zoneOf(sandbox: Api, name: string, isPrivate = false): Promise<SandboxZone> {
  const { zones } = (await sandbox<{ zones: SandboxZone[] }>('/_sandbox/zones')).json();
  const found = zones.find((zone) => zone.name === name && zone.private === isPrivate);
  if (found === undefined) throw new Error(`the sandbox has no zone ${name}`);
  return found;
}

export async function addZone(sandbox: Api, name: string, isPrivate = false): Promise<SandboxZone> {
  const answer = await sandbox<SandboxZone>('/_sandbox/zones', {
    body: { name, private: isPrivate },
    headers: JSON_TYPE,
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return answer.json();
}

/** What stands in a zone, without the SOA and NS that Route 53 itself has put there. */
export async function standingIn(sandbox: Api, zone: SandboxZone): Promise<StandingSet[]> {
  const shown = await sandbox<{ record_sets: StandingSet[] }>(`/_sandbox/zones/${zone.id}`);
  return shown.json().record_sets.filter(({ name, type }) => name !== zone.name || (type !== 'NS' && type !== 'SOA'));
}

/** A foreign hand in a zone; the answer is 409 where Route 53 would refuse. */
export function editZone(sandbox: Api, zone: SandboxZone, changes: readonly DnsChange[]): Promise<Answer> {
  return sandbox(`/_sandbox/zones/${zone.id}/edit`, { body: { changes }, headers: JSON_TYPE });
}

export async function dnsEffects(sandbox: Api, zone?: SandboxZone): Promise<DnsEffect[]> {
  const effects = (await effectsOf(sandbox, 'ChangeResourceRecordSets')) as DnsEffect[];
  return effects.filter(({ zone_id }) => zone === undefined || zone_id === zone.id);
}

/** When each request to Route 53 was answered (ms since 1970), and with what. */
export async function route53Requests(sandbox: Api): Promise<{ at: number; action: string; outcome: string }[]> {
  const { log } = (
    await sandbox<{ log: { time: string; service: string; action: string; outcome: string }[] }>('/_sandbox/requests')
  ).json();
  return log
    .filter(({ service }) => service === 'route53')
    .map(({ time, action, outcome }) => ({ at: Date.parse(time), action, outcome }));
}

/** The most of these times (ms) that lie within one second. */
export function busiestSecond(times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((time) => time >= from && time < from + 1000).length));
}

export function postRecord(
  api: Api,
  body: object,
  headers: Readonly<Record<string, string>> = {},
  query = '',
): Promise<Answer<ShownRecord>> {
  return api<ShownRecord>(`/records${query}`, { body, headers });
}

/** Waits until a record has this status; throws what it is in the end. */
export function recordReaches(api: Api, hostname: string, status: string, limitMs = 60_000): Promise<ShownRecord> {
  return eventually(async () => {
    const answer = await api<ShownRecord>(`/record/${encodeURIComponent(hostname)}`);
    const record = answer.status === 200 ? answer.json() : undefined;
    if (record?.status !== status) throw new Error(`${hostname} is not ${status}: ${answer.status} ${answer.text}`);
    return record;
  }, limitMs);
}

const JSON_TYPE = { 'content-type': 'application/json' };
