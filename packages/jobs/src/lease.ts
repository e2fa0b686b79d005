import { AppError, describeError, type EffectGuard, type Logger } from '@quartermaster/foundation';
import { CLOSE_JOB_LUA, defineScript, runScript, type Keys, type Redis, type DoneJob } from '@quartermaster/stores';

/** The exclusive right to act on a subject, for as long as it is renewed in time. */
export interface Lease {
  /** Grows with every holder of this subject: whoever holds an older one has been replaced. */
  readonly fence: number;
  readonly guard: EffectGuard;
  /** Ends the right to act at once, here; the subject stays taken until the lease runs out. */
  abandon(reason: string): void;
  /** Gives the subject back; with it the entry of a job that is done (or given up) leaves the ledger. */
  release(done?: DoneJob): Promise<void>;
}

export interface Leases {
  /** `undefined` while somebody else holds it. `retentionMs`: how long the subject's journal is kept after this. */
  acquire(subject: string, retentionMs: number): Promise<Lease | undefined>;
}

export interface LeaseOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly log: Logger;
  /** How long (ms) a lease holds without renewal. */
  readonly ttlMs: number;
}

const ACQUIRE = defineScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local fence = redis.call('HINCRBY', KEYS[2], 'fence', 1)
redis.call('SET', KEYS[1], fence, 'PX', ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return fence
`);
const RENEW = defineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`);
/** KEYS lease, openJobs, openJobSpecs. ARGV fence, id of the job that is done or ''. */
const RELEASE = defineScript(`${CLOSE_JOB_LUA}
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
if ARGV[2] ~= '' then closeJob(KEYS[2], KEYS[3], ARGV[2], ARGV[3]) end
`);

/** The right to act is over: replaced, cut off from Redis, or stopped for too long. Another holder goes on. */
export class LeaseLost extends AppError {
  override readonly name = 'LeaseLost';
  constructor(subject: string, reason: string) {
    super('unavailable', 'lease-lost', `The right to act on ${subject} has ended: ${reason}.`);
  }
}

/**
 * Leases in Redis. The holder's own deadline counts from when the last confirmed renewal was *sent*, less a tenth for
 * clocks that differ, so it ends before Redis gives the subject to anybody else, also in a process that was stopped.
 */
export function createLeases({ redis, keys, log, ttlMs }: LeaseOptions): Leases {
  const safeMs = ttlMs * 0.9;

  return {
    acquire: async (subject, retentionMs) => {
      const sentAt = performance.now();
      const taken = [keys.lease(subject), keys.journal(subject)];
      const fence = Number(await runScript(redis, ACQUIRE, taken, [ttlMs, retentionMs]));
      if (fence === 0) return undefined;

      let deadline = sentAt + safeMs;
      let ended: string | undefined;
      let abort: AbortController | undefined;
      let endTimer: NodeJS.Timeout | undefined;
      const end = (reason: string): void => {
        clearInterval(renewals);
        clearTimeout(endTimer);
        ended ??= reason;
        abort?.abort(new LeaseLost(subject, ended));
      };
      const watchDeadline = (): void => {
        clearTimeout(endTimer);
        endTimer = setTimeout(() => end('it was not renewed in time'), Math.max(0, deadline - performance.now()));
      };
      const renew = async (): Promise<void> => {
        const sent = performance.now();
        try {
          const renewed = Number(await runScript(redis, RENEW, taken, [fence, ttlMs, retentionMs]));
          if (renewed === 0) return end('another process holds it');
          deadline = sent + safeMs;
          if (ended === undefined && abort !== undefined) watchDeadline();
        } catch (error) {
          log.debug('A lease could not be renewed; it is tried again', { subject, error: describeError(error) });
        }
      };
      const renewals = setInterval(() => void renew(), ttlMs / 4);

      return {
        fence,
        guard: {
          // Made, and its end watched, for who asks: most work is over before that, and looks at the clock anyway.
          get signal(): AbortSignal {
            if (abort === undefined) {
              abort = new AbortController();
              if (ended === undefined) watchDeadline();
              else abort.abort(new LeaseLost(subject, ended));
            }
            return abort.signal;
          },
          assertHeld: () => {
            if (performance.now() >= deadline) end('it was not renewed in time');
            if (ended !== undefined) throw new LeaseLost(subject, ended);
          },
        },
        abandon: end,
        release: async (done) => {
          end('it was given back');
          const ledger = [keys.openJobs, keys.openJobSpecs];
          await runScript(redis, RELEASE, [keys.lease(subject), ...ledger], [fence, done?.id ?? '', done?.wake ?? '']);
        },
      };
    },
  };
}
