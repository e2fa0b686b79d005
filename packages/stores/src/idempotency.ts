import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { defineScript, runScript } from './script.js';

/** The first answer to a request that carried an `Idempotency-Key`. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type IdempotencyClaim =
  /** Ours to carry out, under `operationId`: the same one again when a former try broke off. */
  | { readonly outcome: 'mine'; readonly operationId: string }
  | { readonly outcome: 'answered'; readonly answer: KeptAnswer }
  /** Another request with this key is being carried out. */
  | { readonly outcome: 'in-flight' }
  /** The key was used with another body. */
  | { readonly outcome: 'differs' };

export interface IdempotencyKeys {
  claim(
    scopeHash: string,
    fingerprint: string,
    owner: string,
    operationId: string,
    now: number,
  ): Promise<IdempotencyClaim>;
  renew(scopeHash: string, owner: string, now: number): Promise<void>;
  keep(scopeHash: string, owner: string, answer: KeptAnswer): Promise<void>;
  /** Gives the key back. `forget`: nothing was done, so it may be used for anything; else only for the same again. */
  release(scopeHash: string, owner: string, forget: boolean): Promise<void>;
}

const KEPT_MS = 86_400_000;
/** How long (ms) a request may go without renewing its claim before a repetition takes over. */
export const CLAIM_MS = 5_000;

const CLAIM = defineScript(`
local known = redis.call('HMGET', KEYS[1], 'fingerprint', 'operation', 'until', 'answer')
if known[1] then
  if known[1] ~= ARGV[1] then return {'differs', ''} end
  if known[4] then return {'answered', known[4]} end
  if tonumber(known[3]) > tonumber(ARGV[4]) then return {'in-flight', ''} end
end
local operation = known[2] or ARGV[3]
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'owner', ARGV[2], 'operation', operation, 'until', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return {'mine', operation}
`);

/** ARGV owner, field, value, or owner alone to delete. Only the owner of the claim may change it. */
const CHANGE = defineScript(`
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
if #ARGV == 1 then return redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return 1
`);

export function createIdempotencyKeys(redis: Redis, keys: Keys): IdempotencyKeys {
  const change = async (scopeHash: string, ...args: (string | number)[]): Promise<void> => {
    await runScript(redis, CHANGE, [keys.idempotency(scopeHash)], args);
  };
  return {
    claim: async (scopeHash, fingerprint, owner, operationId, now) => {
      const args = [fingerprint, owner, operationId, now, now + CLAIM_MS, KEPT_MS];
      const [outcome, value] = (await runScript(redis, CLAIM, [keys.idempotency(scopeHash)], args)) as [string, string];
      if (outcome === 'mine') return { outcome, operationId: value };
      if (outcome === 'answered') return { outcome, answer: JSON.parse(value) as KeptAnswer };
      return { outcome: outcome as 'in-flight' | 'differs' };
    },
    renew: (scopeHash, owner, now) => change(scopeHash, owner, 'until', now + CLAIM_MS),
    keep: (scopeHash, owner, answer) => change(scopeHash, owner, 'answer', JSON.stringify(answer)),
    release: (scopeHash, owner, forget) => (forget ? change(scopeHash, owner) : change(scopeHash, owner, 'until', 0)),
  };
}
