import { type EffectGuard, type Logger } from '@quartermaster/foundation';
import { defineScript, runScript, type Keys, type Redis, type DoneJob } from '@quartermaster/stores';
import { Interrupted, SubjectTaken } from './retry.js';
import { createLeases, LeaseLost, type Lease } from './lease.js';

/** What can be recorded: it must read back from JSON as it was. */
export type Recordable =
  string | number | boolean | null | undefined | readonly Recordable[] | { readonly [name: string]: Recordable };

export interface Effect<T> {
  /** Causes the effect and tells its result. It may run again after a crash, unless `observe` finds what it did. */
  act(guard: EffectGuard): Promise<T>;
  /**
   * Asks the outside whether a former `act`, whose answer we never recorded, has had its effect: the result, or
   * `undefined` where nothing is there. Only asked after a former try; without it `act` itself must be idempotent.
   */
  observe?(guard: EffectGuard): Promise<T | undefined>;
}

/**
 * The one way to cause an effect. A step that was recorded is never done again; one that may have been done is looked
 * for before; and none is done once the right to act on the subject has ended.
 */
export interface Journal {
  step<T>(name: string, effect: Effect<T>): Promise<T>;
  /** For looking without touching. */
  readonly guard: EffectGuard;
  /** Who holds the subject: what is written elsewhere on its behalf counts as long as its lease has this fence. */
  readonly holder: { readonly subject: string; readonly fence: number };
  /** Gives the subject back, and closes the entry of the job that is done (or given up), where one is. */
  close(done?: DoneJob): Promise<void>;
}

export interface StepRecord {
  readonly name: string;
  /** ISO 8601 UTC. */
  readonly started_at: string;
  /** Missing while the step is not done. */
  readonly finished_at?: string;
}

export interface Journals {
  /** Takes a subject for this process. Throws `SubjectTaken` while another one has it. */
  open(subject: string, retentionMs: number): Promise<Journal>;
  /** From now on no step is begun: running jobs end at their next one. `abort` ends those in the middle of one, too. */
  interrupt(abort: boolean): void;
}

export interface JournalOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly log: Logger;
  readonly leaseMs: number;
  /** Called at `<subject's kind>/<step>:before`, `…:acted` and `…:after`; tests let the process die there. */
  readonly crashPoint?: (point: string) => void;
}

/** KEYS lease, journal. ARGV fence, step, now. → {0} lease lost; {1, result} done; {2, times begun before}. */
const BEGIN = defineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {0} end
local known = redis.call('HMGET', KEYS[2], 'result:' .. ARGV[2], 'tries:' .. ARGV[2])
if known[1] then return {1, known[1]} end
local tries = tonumber(known[2] or '0')
if tries == 0 then
  redis.call('HSET', KEYS[2], 'tries:' .. ARGV[2], 1, 'started:' .. ARGV[2], ARGV[3])
else
  redis.call('HSET', KEYS[2], 'tries:' .. ARGV[2], tries + 1)
end
return {2, tries}
`);
/** The fence decides here, not the lease: what was done is worth knowing as long as nobody else has begun. */
const RECORD = defineScript(`
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'result:' .. ARGV[2], ARGV[3], 'finished:' .. ARGV[2], ARGV[4])
return 1
`);

export function createJournals({ redis, keys, log, leaseMs, crashPoint }: JournalOptions): Journals {
  const leases = createLeases({ redis, keys, log, ttlMs: leaseMs });
  const held = new Set<Lease>();
  let interrupted = false;

  const runStep = async <T>(subject: string, lease: Lease, name: string, effect: Effect<T>): Promise<T> => {
    const reach = (place: string): void => crashPoint?.(`${subject.split(':')[0] ?? ''}/${name}:${place}`);
    if (interrupted) throw new Interrupted();
    lease.guard.assertHeld();
    const begun = (await runScript(
      redis,
      BEGIN,
      [keys.lease(subject), keys.journal(subject)],
      [lease.fence, name, Date.now()],
    )) as [number, (string | number)?];
    if (begun[0] === 0) throw new LeaseLost(subject, 'another process holds it');
    if (begun[0] === 1) return parseResult<T>(String(begun[1]));

    reach('before');
    const formerTries = Number(begun[1]);
    const found = formerTries > 0 ? await effect.observe?.(lease.guard) : undefined;
    lease.guard.assertHeld();
    const result = found === undefined ? await effect.act(lease.guard) : found;
    reach('acted');
    const args = [lease.fence, name, JSON.stringify({ value: result }), Date.now()];
    const recorded = Number(await runScript(redis, RECORD, [keys.journal(subject)], args));
    if (recorded === 0) throw new LeaseLost(subject, 'another process has taken over');
    reach('after');
    return result;
  };

  return {
    open: async (subject, retentionMs) => {
      if (interrupted) throw new Interrupted();
      const lease = await leases.acquire(subject, retentionMs);
      if (lease === undefined) throw new SubjectTaken(leaseMs / 4);
      held.add(lease);
      return {
        guard: lease.guard,
        holder: { subject, fence: lease.fence },
        step: (name, effect) => runStep(subject, lease, name, effect),
        close: async (done) => {
          held.delete(lease);
          await lease.release(done);
        },
      };
    },
    interrupt: (abort) => {
      interrupted = true;
      if (abort) for (const lease of held) lease.abandon('the process is stopping');
    },
  };
}

/** The steps of a subject in the order in which they were begun. */
export async function readSteps(redis: Redis, keys: Keys, subject: string): Promise<StepRecord[]> {
  const hash = await redis.hgetall(keys.journal(subject));
  const started = Object.entries(hash).filter(([field]) => field.startsWith('started:'));
  return started
    .map(([field, time]) => ({ name: field.slice('started:'.length), started: Number(time) }))
    .sort((a, b) => a.started - b.started)
    .map(({ name, started }) => {
      const finished = hash[`finished:${name}`];
      return {
        name,
        started_at: new Date(started).toISOString(),
        ...(finished === undefined ? {} : { finished_at: new Date(Number(finished)).toISOString() }),
      };
    });
}

function parseResult<T>(json: string): T {
  return (JSON.parse(json) as { value: T }).value;
}
