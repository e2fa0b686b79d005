import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { defineScript, runScript } from './script.js';

/** Work that was accepted and is not done: enough to put its job into the queue again, should the queue have lost it. */
export interface OpenJob {
  /** Also the job's id in its queue: no colon, not all digits. */
  readonly id: string;
  readonly name: string;
  /** Ids and plain words; never a secret. */
  readonly payload: object;
  readonly request_id?: string;
  /** When the job is to start (ms since 1970), where that is not at once. */
  readonly due_at?: number;
  /** Of a job that drains: new with every wake-up, so that closing the job spares one that came while it ran. */
  readonly wake?: string;
}

/** A job that is done, or given up. With `wake` only that wake-up is: where a later one came, the job stays open. */
export interface DoneJob {
  readonly id: string;
  readonly wake?: string;
}

/** Nothing is looked after before this age (ms): a job that was just accepted is still on its way into its queue. */
const SETTLE_MS = 30_000;

/**
 * Lua that opens a job inside another script, so that a change of state and the work that follows from it are kept
 * together or not at all. Expects in the script: `openJobs`, `openJobSpecs` (keys) and a table
 * `job` = { id, spec, check_at }.
 */
export const OPEN_JOB_LUA = `
local function openJob(openJobs, openJobSpecs, id, spec, checkAt)
  redis.call('ZADD', openJobs, checkAt, id)
  redis.call('HSET', openJobSpecs, id, spec)
end
`;

/** Lua that closes a job inside another script. */
export const CLOSE_JOB_LUA = `
local function closeJob(openJobs, openJobSpecs, id, wake)
  if wake ~= '' then
    local spec = redis.call('HGET', openJobSpecs, id)
    if spec and cjson.decode(spec).wake ~= wake then return end
  end
  redis.call('ZREM', openJobs, id)
  redis.call('HDEL', openJobSpecs, id)
end
`;

/** KEYS openJobs, openJobSpecs. ARGV id, spec, check_at. */
const OPEN = defineScript(`${OPEN_JOB_LUA}
openJob(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
`);
/** KEYS openJobs, openJobSpecs. ARGV id. */
const CLOSE = defineScript(`${CLOSE_JOB_LUA}
closeJob(KEYS[1], KEYS[2], ARGV[1], ARGV[2])
`);

/** The three arguments that `openJob` in Lua takes after its keys. */
export function openJobArguments(job: OpenJob, now: number): [string, string, number] {
  return [job.id, JSON.stringify(job), Math.max(job.due_at ?? 0, now) + SETTLE_MS];
}

export interface OpenJobs {
  open(job: OpenJob, now: number): Promise<void>;
  close(id: string): Promise<void>;
  count(): Promise<number>;
  /** `undefined` where it is closed. */
  load(id: string): Promise<OpenJob | undefined>;
  /** Jobs that have been open for a while without anybody having looked after them, oldest first. */
  due(now: number, limit: number): Promise<OpenJob[]>;
  /** Looked after: to be looked at again later. */
  postpone(id: string, now: number): Promise<void>;
}

export function createOpenJobs(redis: Redis, keys: Keys): OpenJobs {
  const ledger = [keys.openJobs, keys.openJobSpecs];
  return {
    open: async (job, now) => void (await runScript(redis, OPEN, ledger, openJobArguments(job, now))),
    close: async (id) => void (await runScript(redis, CLOSE, ledger, [id, ''])),
    count: () => redis.zcard(keys.openJobs),
    load: async (id) => {
      const spec = await redis.hget(keys.openJobSpecs, id);
      return spec === null ? undefined : (JSON.parse(spec) as OpenJob);
    },
    due: async (now, limit) => {
      const ids = await redis.zrangebyscore(keys.openJobs, 0, now, 'LIMIT', 0, limit);
      if (ids.length === 0) return [];
      const specs = await redis.hmget(keys.openJobSpecs, ...ids);
      return specs.flatMap((spec) => (spec === null ? [] : [JSON.parse(spec) as OpenJob]));
    },
    // XX: a job that was closed meanwhile stays closed.
    postpone: async (id, now) => void (await redis.zadd(keys.openJobs, 'XX', now + SETTLE_MS, id)),
  };
}
