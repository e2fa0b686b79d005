import type { ErrorRecord } from '@quartermaster/foundation';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { OPEN_JOB_LUA, openJobArguments, type OpenJob } from './open-jobs.js';
import { defineScript, runScript } from './script.js';

/** One wish to have an instance terminated, and what became of it. */
export interface Termination {
  readonly id: string;
  readonly instance_id: string;
  readonly state: 'pending' | 'finished' | 'failed';
  readonly slack_channel?: string;
  readonly error?: ErrorRecord;
}

export interface Terminations {
  /** Opens a termination with its job; one of that instance that is pending or has just ended is returned instead. */
  accept(termination: Omit<Termination, 'state' | 'error'>, job: OpenJob, now: number): Promise<string>;
  /** The latest termination of an instance. */
  load(instanceId: string): Promise<Termination | undefined>;
  end(instanceId: string, id: string, error?: ErrorRecord): Promise<void>;
}

const KEPT_MS = 7 * 86_400_000;
/** A request that read the cache right before the instance went off it still means the termination that did that. */
const JUST_ENDED_MS = 60_000;

const ACCEPT = defineScript(`${OPEN_JOB_LUA}
local state = redis.call('HGET', KEYS[1], 'state')
local justEnded = state == 'finished' and tonumber(ARGV[7]) - tonumber(redis.call('HGET', KEYS[1], 'ended_at') or '0') < tonumber(ARGV[8])
if state == 'pending' or justEnded then return redis.call('HGET', KEYS[1], 'id') end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'state', 'pending', 'slack_channel', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
openJob(KEYS[2], KEYS[3], ARGV[4], ARGV[5], ARGV[6])
return ARGV[1]
`);

const END = defineScript(`
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('HSET', KEYS[1], 'state', 'finished', 'ended_at', ARGV[3])
else
  redis.call('HSET', KEYS[1], 'state', 'failed', 'error', ARGV[2])
end
return 1
`);

export function createTerminations(redis: Redis, keys: Keys): Terminations {
  return {
    accept: async (termination, job, now) =>
      (await runScript(
        redis,
        ACCEPT,
        [keys.termination(termination.instance_id), keys.openJobs, keys.openJobSpecs],
        [termination.id, termination.slack_channel ?? '', KEPT_MS, ...openJobArguments(job, now), now, JUST_ENDED_MS],
      )) as string,
    load: async (instanceId) => {
      const hash = await redis.hgetall(keys.termination(instanceId));
      if (hash['id'] === undefined) return undefined;
      return {
        id: hash['id'],
        instance_id: instanceId,
        state: hash['state'] as Termination['state'],
        ...(hash['slack_channel'] ? { slack_channel: hash['slack_channel'] } : {}),
        ...(hash['error'] === undefined ? {} : { error: JSON.parse(hash['error']) as ErrorRecord }),
      };
    },
    end: async (instanceId, id, error) => {
      const args = [id, error === undefined ? '' : JSON.stringify(error), Date.now()];
      await runScript(redis, END, [keys.termination(instanceId)], args);
    },
  };
}
