import { createHash, randomUUID } from 'node:crypto';
import { AppError } from '@quartermaster/foundation';
import { CLAIM_MS, type IdempotencyKeys } from '@quartermaster/stores';
import type { ApiRequest, Reply } from './api.js';
import { waitFor } from './prefer.js';

/** How long (ms) a repetition waits for the request that is being carried out under its key. */
const PATIENCE_MS = 25_000;
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Carries out a request once per `Idempotency-Key`: the first 2xx answer is kept and given again. A request that broke
 * off (its `web` was killed) is taken over by the next repetition, under the same operation id.
 */
export async function onceByKey(
  request: ApiRequest,
  keys: IdempotencyKeys,
  handle: (request: ApiRequest) => Promise<Reply>,
): Promise<Reply> {
  const key = request.header('idempotency-key');
  if (key === undefined) return handle(request);
  if (!IDEMPOTENCY_KEY.test(key)) {
    const problems = [{ header: 'Idempotency-Key', detail: 'Idempotency-Key must be 1 to 255 printable characters' }];
    throw new AppError('invalid', 'invalid-idempotency-key', 'The Idempotency-Key is not valid.', { problems });
  }
  const scope = hash([request.caller.name, request.method, request.path, key]);
  const fingerprint = hash([JSON.stringify(request.query), canonical(request.body)]);
  const owner = randomUUID();

  const claim = await waitFor(
    () => keys.claim(scope, fingerprint, owner, request.operationId, Date.now()),
    ({ outcome }) => outcome !== 'in-flight',
    PATIENCE_MS,
  );
  if (claim.outcome === 'answered') {
    const { status, headers, body } = claim.answer;
    return { status, headers: { ...headers, 'Idempotency-Replayed': 'true' }, content: body };
  }
  if (claim.outcome === 'differs') {
    throw new AppError(
      'unprocessable',
      'idempotency-key-reused',
      'This Idempotency-Key was used with another request.',
    );
  }
  if (claim.outcome === 'in-flight') {
    throw new AppError(
      'conflict',
      'request-in-flight',
      'The request with this Idempotency-Key is still being carried out.',
    );
  }

  const renewals = setInterval(() => void keys.renew(scope, owner, Date.now()).catch(() => undefined), CLAIM_MS / 3);
  try {
    const reply = await handle({ ...request, operationId: claim.operationId });
    if (reply.status < 300) {
      await keys.keep(scope, owner, { status: reply.status, headers: answerHeaders(reply), body: answerBody(reply) });
    }
    return reply;
  } catch (error) {
    // Only a refusal proves that nothing was done; after anything else the same request may have to be finished.
    const refused = error instanceof AppError && error.kind !== 'unavailable';
    // Not waited for: with Redis away the answer must not be late, and an unreleased claim ends by itself.
    void keys.release(scope, owner, refused).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(renewals);
  }
}

/** Throws 400 where a request has an `Idempotency-Key`. */
export function refuseKey(request: Pick<ApiRequest, 'header'>): void {
  if (request.header('idempotency-key') === undefined) return;
  const detail = 'Idempotency-Key is not taken here: the answers hold secrets, and are kept nowhere';
  const problems = [{ header: 'Idempotency-Key', detail }];
  throw new AppError('invalid', 'idempotency-key-refused', 'The Idempotency-Key is refused.', { problems });
}

function answerHeaders(reply: Reply): Record<string, string> {
  return reply.json === undefined
    ? { ...reply.headers }
    : { ...reply.headers, 'Content-Type': 'application/json; charset=utf-8' };
}

function answerBody(reply: Reply): string {
  if (reply.json !== undefined) return JSON.stringify(reply.json);
  return reply.content?.toString() ?? '';
}

/** The same JSON in other words (order of keys, white space) is the same body. */
function canonical(body: Buffer): string {
  const text = body.toString('utf8');
  try {
    return JSON.stringify(sortKeys(JSON.parse(text)));
  } catch {
    return text;
  }
}

export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, entry]) => [name, sortKeys(entry)]));
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
