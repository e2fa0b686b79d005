import type { Redis } from './connect.js';
import type { Keys } from './keys.js';

/** Which instances the cloud protects against termination, as far as anybody has looked. */
export interface ProtectedInstances {
  /** As far as anybody has seen lately: an old note is no ground to refuse, the termination itself will find out. */
  isProtected(id: string, now: number): Promise<boolean>;
  note(id: string, isProtected: boolean, now: number): Promise<void>;
  /** The ones of these ids to look at next: by age of the look, what is protected a while earlier, for that may have ended. */
  nextToCheck(ids: readonly string[], limit: number): Promise<string[]>;
  /** Forgets every instance but these. */
  keepOnly(ids: ReadonlySet<string>): Promise<void>;
}

/** By how much (ms) a look at a protected instance counts as older; a limit, so that many of them do not hide the others. */
const HEAD_START_MS = 300_000;

/** How long (ms) a note counts that nobody has confirmed. */
const NOTE_MS = 600_000;

export function createProtectedInstances(redis: Redis, keys: Keys): ProtectedInstances {
  const parse = (text: string | undefined): { checkedAt: number; isProtected: boolean } => ({
    checkedAt: Number(text?.split(':')[0] ?? '0'),
    isProtected: text?.endsWith(':1') === true,
  });
  return {
    isProtected: async (id, now) => {
      const note = parse((await redis.hget(keys.protectedInstances, id)) ?? undefined);
      return note.isProtected && now - note.checkedAt < NOTE_MS;
    },
    note: async (id, isProtected, now) => {
      await redis.hset(keys.protectedInstances, id, `${now}:${isProtected ? 1 : 0}`);
    },
    nextToCheck: async (ids, limit) => {
      const known = await redis.hgetall(keys.protectedInstances);
      const rank = (id: string): number => {
        const { checkedAt, isProtected } = parse(known[id]);
        return isProtected ? checkedAt - HEAD_START_MS : checkedAt;
      };
      return [...ids].sort((a, b) => rank(a) - rank(b)).slice(0, limit);
    },
    keepOnly: async (ids) => {
      const gone = (await redis.hkeys(keys.protectedInstances)).filter((id) => !ids.has(id));
      if (gone.length > 0) await redis.hdel(keys.protectedInstances, ...gone);
    },
  };
}
