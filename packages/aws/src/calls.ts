import type { EffectGuard } from '@quartermaster/foundation';
import type { MiddlewareStack } from '@smithy/types';
import { awsCode, createErrorTranslation, type AwsService, type ErrorTable } from './errors.js';

/** A command of the SDK, as far as a guard needs to know it. */
export interface GuardedCommand<Input extends object, Output extends object> {
  readonly middlewareStack: MiddlewareStack<Input, Output>;
}

/** Calls to one service, with their failures in the house's words. */
export interface Calls {
  /** Carries out a read; throws in the house's words. */
  readonly read: <Result>(action: string, act: () => Promise<Result>, table?: ErrorTable) => Promise<Result>;
  /** Carries out a change under its guard; throws in the house's words, or what the guard threw when its time was over. */
  readonly change: <Input extends object, Output extends object, Result>(
    action: string,
    command: GuardedCommand<Input, Output>,
    guard: EffectGuard,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<Result>,
    table?: ErrorTable,
  ) => Promise<Result>;
}

export function createCalls(service: AwsService): Calls {
  const translateError = createErrorTranslation(service);
  return {
    read: async (action, act, table) => {
      try {
        return await act();
      } catch (error) {
        throw translateError(error, action, table);
      }
    },
    change: async (action, command, guard, send, table) => {
      const ended = checkEveryAttempt(command, guard);
      try {
        return await send({ abortSignal: guard.signal });
      } catch (error) {
        const end = ended();
        if (end !== undefined) throw end.reason;
        if (guard.signal.aborted && awsCode(error) === 'AbortError') throw guard.signal.reason;
        throw translateError(error, action, table);
      }
    },
  };
}

/**
 * Has a command ask its guard right before every request, the SDK's own retries included. The `deserialize` step lies
 * inside the retry middleware and behind signing (which may wait for credentials), and at its end only the HTTP handler
 * follows. Returns what tells whether the guard said no.
 */
function checkEveryAttempt<Input extends object, Output extends object>(
  command: GuardedCommand<Input, Output>,
  guard: EffectGuard,
): () => { readonly reason: unknown } | undefined {
  let end: { readonly reason: unknown } | undefined;
  command.middlewareStack.add(
    (next) => (args) => {
      try {
        guard.assertHeld();
      } catch (reason) {
        end = { reason };
        throw reason;
      }
      return next(args);
    },
    { step: 'deserialize', priority: 'low', name: 'effectGuard' },
  );
  return () => end;
}
