import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** A Lua script: several reads and writes in Redis as one. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

export function defineScript(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/** Runs a script by its hash, sending its source only where Redis does not have it (yet, or after a restart). */
export async function runScript(
  redis: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!isReplyError(error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(script.source, keys.length, ...keys, ...args);
  }
}

/** Runs a MULTI and throws the first error of its commands, which ioredis otherwise only lists. */
export async function execute(chain: { exec(): Promise<[Error | null, unknown][] | null> }): Promise<unknown[]> {
  const results = await chain.exec().catch((error: Error & { previousErrors?: Error[] }) => {
    // EXECABORT only says that there was an error: the first one is what Redis really minded, e.g. its memory.
    throw error.previousErrors?.[0] ?? error;
  });
  if (results === null) throw new Error('The transaction was given up: a watched key has changed');
  return results.map(([error, result]) => {
    if (error) throw error;
    return result;
  });
}

/** An error that Redis itself answered, as opposed to one of the connection. */
export function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}
