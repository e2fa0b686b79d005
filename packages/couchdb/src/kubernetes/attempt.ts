import type { ConfigurationOptions, RequestContext, ResponseContext } from '@kubernetes/client-node';
import { AppError, outcomeOf, tellCall, type EffectGuard } from '@quartermaster/foundation';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientModule } from './connect.js';
import { parseJson, statusOf, translateError, unreachable } from './errors.js';

/** What is being done, for messages: `read`, `Service`, `my-test-db1-1a2b3c4d`. */
export interface Call {
  readonly verb: 'read' | 'list' | 'create' | 'patch' | 'delete';
  readonly kind: string;
  readonly name?: string;
}

/** Runs one call of the client with what its requests need; throws `AppError`s, or why the guard's right has ended. */
export type Attempt = <T>(
  call: Call,
  guard: EffectGuard,
  send: (options: ConfigurationOptions) => Promise<T>,
) => Promise<T>;

/** Of one attempt, from its beginning to the last byte of its answer. */
export const ATTEMPT_TIMEOUT_MS = 10_000;
const READ_TRIES = 3;
const PAUSE_MS = 200;

/** What only looks is tried 3 times; what changes something once, as whoever asked for it does so again. */
export function createAttempt(client: ClientModule, timeoutMs: number): Attempt {
  const http = new client.IsomorphicFetchHttpLibrary();

  return async (call, guard, send) => {
    const tries = call.verb === 'read' || call.verb === 'list' ? READ_TRIES : 1;
    for (let attempt = 1; ; attempt += 1) {
      guard.assertHeld();
      const late = AbortSignal.timeout(timeoutMs);
      try {
        const answer = await send({
          httpApi: client.wrapHttpLibrary({ send: (request) => deliver(call, request, guard, late) }),
        });
        tellCall('kubernetes', `${call.verb} ${call.kind}`, 'ok');
        return answer;
      } catch (error) {
        guard.signal.throwIfAborted();
        guard.assertHeld();
        const translated = translateError(call, error);
        const outcome = statusOf(error) === 429 ? 'throttled' : outcomeOf(translated);
        tellCall('kubernetes', `${call.verb} ${call.kind}`, outcome);
        const mayPass = translated instanceof AppError && translated.kind === 'unavailable';
        if (!mayPass || attempt === tries) throw translated;
      }
      // An abort ends the pause; the next round finds out why.
      await sleep(PAUSE_MS * attempt, undefined, { signal: guard.signal }).catch(() => undefined);
      guard.signal.throwIfAborted();
    }
  };

  async function deliver(
    call: Call,
    request: RequestContext,
    guard: EffectGuard,
    late: AbortSignal,
  ): Promise<ResponseContext> {
    // Credentials may have taken their time.
    guard.assertHeld();
    request.setSignal(AbortSignal.any([guard.signal, late]));
    if (request.getHttpMethod() === 'PATCH') {
      request.setHeaderParam('Content-Type', client.PatchStrategy.MergePatch);
    }
    try {
      const response = await http.send(request).toPromise();
      const text = await response.body.text();
      // The client takes it for JSON.
      if (response.httpStatusCode < 300 && parseJson(text) === undefined) throw new Error('its answer is no JSON');
      return Object.assign(response, { body: { ...response.body, text: async () => text } });
    } catch (error) {
      throw unreachable(call, error, late.aborted ? timeoutMs : undefined);
    } finally {
      // With TLS the client makes one for every request.
      request
        .getDispatcher()
        ?.close()
        .catch(() => undefined);
    }
  }
}
