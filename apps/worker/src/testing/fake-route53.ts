import type { ChangeStatus, DnsPort, RecordChange, RecordSet } from '@quartermaster/dns';
import { MemoryZone } from '@quartermaster/dns/testing';
import { AppError } from '@quartermaster/foundation';

/** What happens to the next change: it is refused its turn, or its answer is lost before or after it was carried out. */
export type ChangeFault = 'throttled' | 'prior' | 'lost-before' | 'lost-after';

/** Route 53 in this process: its zones are as strict as the real ones. */
export interface FakeRoute53 extends DnsPort {
  readonly zone: MemoryZone;
  /** When (ms, as `performance.now`) each request came, of every kind. */
  readonly requests: number[];
  /** Every batch that arrived, carried out or not. */
  readonly batches: (readonly RecordChange[])[];
  /** One a change, in order. */
  readonly faults: ChangeFault[];
  /** Called as a change arrives. */
  onChange: () => void | Promise<void>;
  /** Fails every request from now on, until told otherwise. */
  setAway(isAway: boolean): void;
  /** All changes up to now have spread; `known: false`: and nobody knows them any more. */
  spread(known?: boolean): void;
  /** Somebody else puts a set there. */
  edit(action: RecordChange['action'], set: RecordSet): void;
}

const unavailable = (code: string): AppError => new AppError('unavailable', code, `Route 53: ${code}`);

export function createFakeRoute53(pageSize = 100): FakeRoute53 {
  const zone = new MemoryZone();
  const [requests, batches, faults]: [number[], (readonly RecordChange[])[], ChangeFault[]] = [[], [], []];
  const changes = new Map<string, ChangeStatus | 'forgotten'>();
  let isAway = false;
  const count = (): void => {
    requests.push(performance.now());
    if (isAway) throw unavailable('route53-unavailable');
  };

  const fake: FakeRoute53 = {
    zone,
    onChange: () => undefined,
    requests,
    batches,
    faults,
    setAway: (away) => void (isAway = away),
    spread: (known = true) => {
      for (const id of changes.keys()) changes.set(id, known ? 'INSYNC' : 'forgotten');
    },
    edit: (action, set) => {
      const applied = zone.apply([{ action, set }], () => 'foreign');
      if ('messages' in applied) throw new Error(applied.messages.join());
    },
    listZonePage: async () => {
      count();
      return { zones: [] };
    },
    listRecordSets: async (_zoneId, from) => {
      count();
      return zone.page(from, pageSize);
    },
    getChange: async (id) => {
      count();
      const status = changes.get(id);
      return status === 'forgotten' ? undefined : status;
    },
    changeRecordSets: async (_zoneId, batch, guard) => {
      guard.assertHeld();
      count();
      await fake.onChange();
      batches.push(batch);
      const fault = faults.shift();
      if (fault === 'throttled') throw unavailable('route53-throttled');
      if (fault === 'prior') throw unavailable('prior-request-not-complete');
      if (fault === 'lost-before') throw unavailable('route53-unavailable');
      const applied = zone.apply(batch, () => 'ours');
      if (fault === 'lost-after') throw unavailable('route53-unavailable');
      if ('change_id' in applied) {
        changes.set(applied.change_id, 'PENDING');
        return { change_id: applied.change_id, status: 'PENDING' };
      }
      const problems = applied.messages.map((detail) => ({ detail }));
      throw new AppError('conflict', 'change-refused', applied.messages.join('; '), { problems });
    },
    close: () => undefined,
  };
  return fake;
}
