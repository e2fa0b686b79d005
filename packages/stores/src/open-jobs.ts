import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { defineScript, execute, runScript } from './script.js';

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

/** The three arguments that `openJob` in Lua takes after its keys. */
export function openJobArguments(job: OpenJob, now: number): [string, string, number] {
  return [job.id, JSON.stringify(job), Math.max(job.due_at ?? 0, now) + SETTLE_MS];
}

export interface OpenJobs {
  open(job: OpenJob, now: number): Promise<void>;
  /** With `wake` only where that wake-up is still the latest; otherwise the job stays open. */
  close(id: string, wake?: string): Promise<void>;
  count(): Promise<number>;
  /** `undefined` where it is closed. */
  load(id: string): Promise<OpenJob | undefined>;
  /** Jobs that have been open for a while without anybody having looked after them, oldest first. */
  due(now: number, limit: number): Promise<OpenJob[]>;
  /** Looked after: to be looked at again later. */
  postpone(id: string, now: number): Promise<void>;
}

/** KEYS open jobs, specs. ARGV id, wake. */
const CLOSE_UNLESS_WOKEN = defineScript(`
local spec = redis.call('HGET', KEYS[2], ARGV[1])
if spec and cjson.decode(spec).wake ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
`);

export function createOpenJobs(redis: Redis, keys: Keys): OpenJobs {
  return {
    open: async (job, now) => {
      const [id, spec, checkAt] = openJobArguments(job, now);
      await execute(redis.multi().zadd(keys.openJobs, checkAt, id).hset(keys.openJobSpecs, id, spec));
    },
    close: async (id, wake) => {
      if (wake !== undefined) {
        await runScript(redis, CLOSE_UNLESS_WOKEN, [keys.openJobs, keys.openJobSpecs], [id, wake]);
        return;
      }
      await execute(redis.multi().zrem(keys.openJobs, id).hdel(keys.openJobSpecs, id));
    },
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
