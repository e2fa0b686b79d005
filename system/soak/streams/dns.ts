import { dnsEffects, editZone, standingIn, zoneOf, type ShownRecord } from '../../harness/records';
import type { RequestOptions } from '../../harness/api';
import { checkDns, type DnsEvidence, type ForeignRecord, type ToldRecord } from '../checkers/dns';
import { sendUntilSettled, tellWeather, type Settled, type Weather } from '../patient-client';
import type { Domain, Stream, World } from '../stream';
import { dnsFaults } from './dns-faults';
import { createPace } from './pace';

const ZONE = 'dev.example.co.uk';
const RECORDS = 30;
const NAMES_EACH = 3;
const FOREIGN = 5;
const MOST_AT_ONCE = 40;

/** Records that are made, changed, renamed and deleted, and some that are in somebody else's place. */
export const dns: Domain = {
  name: 'dns',
  rate: 6,
  faults: dnsFaults,
  createStream: (world) => createDnsStream(world),
};

type Told = { -readonly [Field in keyof ToldRecord]: ToldRecord[Field] } & { name: string; isBusy: boolean };

function createDnsStream(world: World): Stream {
  const weather: Weather = { broken: 0, unavailable: 0, failures: [] };
  const refusals: { subject: string; what: string }[] = [];
  const told = Array.from({ length: RECORDS }, (_, number): Told => {
    return { prefix: `10.${number}.`, name: `r${number}-0.${ZONE}`, deletions: 0, isBusy: false };
  });
  const foreign = Array.from({ length: FOREIGN }, (_, number) => {
    return { name: `f${number}.${ZONE}`, value: `192.0.2.${200 + number}`, posts: 0 };
  });
  const random = world.random('dns');
  let acknowledged = 0;
  let serial = 0;

  const send = async (subject: string, path: string, options: RequestOptions): Promise<boolean> => {
    const headers = { ...options.headers, prefer: 'respond-async' };
    const settled = await sendUntilSettled(world.api, path, { ...options, headers }, weather);
    const isAccepted = accepted(settled, options.method);
    if (isAccepted) acknowledged += 1;
    else
      refusals.push({
        subject,
        what: `${options.method} ${path} answered ${settled.answer.status} ${settled.answer.text}`,
      });
    return isAccepted;
  };
  const key = (): Record<string, string> => ({ 'idempotency-key': `soak-${world.seed}-${(serial += 1)}` });
  const invent = (prefix: string): string => `${prefix}${(serial += 1) >> 8}.${serial & 255}`;

  const change = async (record: Told): Promise<void> => {
    const { prefix, hostname, name } = record;
    const value = invent(prefix);
    const roll = random.between(0, 1);
    if (hostname !== undefined && roll < 0.2) {
      record.deletions += 1;
      if (await send(prefix, `/record/${hostname}`, { method: 'DELETE' })) record.hostname = undefined;
      return;
    }
    const number = random.whole(0, NAMES_EACH - 1);
    const target = hostname !== undefined && roll < 0.5 ? name.replace(/-\d/, `-${number}`) : name;
    const body = { hostname: target, ip_address: value };
    const isPut = hostname !== undefined && (target !== name || roll < 0.7);
    const isAccepted = isPut
      ? await send(prefix, `/record/${name}`, { method: 'PUT', body })
      : await send(prefix, '/records', { method: 'POST', body, headers: key() });
    if (isAccepted) Object.assign(record, { name: target, hostname: target, value });
  };

  const provoke = async (record: (typeof foreign)[number]): Promise<void> => {
    const body = { hostname: record.name, ip_address: '10.255.255.1' };
    if (await send(record.name, '/records', { method: 'POST', body, headers: key() })) record.posts += 1;
  };

  const gather = async (): Promise<DnsEvidence> => {
    const zone = await zoneOf(world.sandbox, ZONE);
    const standing = await standingIn(world.sandbox, zone);
    const effects = await dnsEffects(world.sandbox, zone);
    const evidence = { records: await loadRecords(world), standing, effects, openJobs: await world.redis.openJobs() };
    return { told, foreign: foreign satisfies ForeignRecord[], refusals, ...evidence };
  };

  return {
    acknowledged: () => acknowledged,
    run: async (rate, signal) => {
      const zone = await zoneOf(world.sandbox, ZONE);
      const changes = foreign.map(({ name, value }) => {
        return { action: 'CREATE', name, type: 'A', ttl: 300, values: [value] } as const;
      });
      await editZone(world.sandbox, zone, changes);
      const pace = createPace(rate, MOST_AT_ONCE, signal);
      while (await pace.turn()) {
        const record = told[random.whole(0, RECORDS - 1)];
        const other = foreign[random.whole(0, FOREIGN - 1)];
        if (random.chance(0.05) && other !== undefined) pace.begin(provoke(other));
        // One client a record: who has no answer yet says nothing new.
        else if (record !== undefined && !record.isBusy) {
          record.isBusy = true;
          pace.begin(change(record).finally(() => (record.isBusy = false)));
        }
      }
      await pace.end();
    },
    unsettled: async () => {
      const pending = (await loadRecords(world)).filter(({ status }) => status === 'PENDING');
      const jobs = await world.redis.openJobs();
      return [...jobs.map((id) => `job ${id}`), ...pending.map(({ hostname }) => `record ${hostname}`)];
    },
    check: async () => {
      const { findings, counts } = checkDns(await gather());
      return { findings, counts: { ...counts, ...tellWeather(weather) } };
    },
    describe: async (subject) => {
      const own = told.find(({ prefix }) => prefix === subject);
      const effects = (await dnsEffects(world.sandbox)).filter((effect) => JSON.stringify(effect).includes(subject));
      const lines = await world.logLines(own?.name ?? subject);
      return [
        `${subject}: told ${JSON.stringify(own)}`,
        ...effects.map(({ seq, time, changes }) => `  effect ${seq} ${time}: ${describeChanges(changes, subject)}`),
        ...lines.map((line) => `  log: ${line}`),
      ].join('\n');
    },
  };
}

/** To a repetition "no such record" or "being renamed" says that the first one was accepted. */
function accepted({ answer, isRepeat }: Settled, method: string | undefined): boolean {
  if (answer.status === 202 || answer.status === 200 || answer.status === 201) return true;
  return isRepeat && method !== 'POST' && (answer.status === 404 || answer.text.includes('record-being-renamed'));
}

async function loadRecords({ api }: World): Promise<ShownRecord[]> {
  const answer = await api<{ records: ShownRecord[] }>('/records?limit=100');
  if (answer.status !== 200) throw new Error(`GET /records answered ${answer.status}`);
  return answer.json().records;
}

function describeChanges(
  changes: readonly { action: string; name: string; values: readonly string[] }[],
  word: string,
): string {
  const own = changes.filter((change) => JSON.stringify(change).includes(word));
  return own.map(({ action, name, values }) => `${action} ${name} ${values.join()}`).join(', ');
}
