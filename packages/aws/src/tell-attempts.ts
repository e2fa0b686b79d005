import { tellCall, type CallOutcome } from '@quartermaster/foundation';
import type { MiddlewareStack } from '@smithy/types';
import { sdkOutcome } from './errors.js';

/** A client of the SDK, as far as its requests can be watched. */
export interface WatchedClient<Input extends object, Output extends object> {
  readonly middlewareStack: Pick<MiddlewareStack<Input, Output>, 'add'>;
}

/**
 * Has every request of a client told, the SDK's own retries included, which nobody sees otherwise: a throttled call that
 * went through the second time is the first sign that there are too many. Returns the client.
 */
export function tellAttempts<Input extends object, Output extends object, Client extends WatchedClient<Input, Output>>(
  client: Client & WatchedClient<Input, Output>,
  service: string,
): Client {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = (context.commandName ?? 'unknown').replace(/Command$/, '');
      const tell = (outcome: CallOutcome | undefined): void => {
        if (outcome !== undefined) tellCall(service, operation, outcome);
      };
      try {
        const result = await next(args);
        tell('ok');
        return result;
      } catch (error) {
        tell(sdkOutcome(error));
        throw error;
      }
    },
    // Around the reading of the answer, within the retries.
    { step: 'deserialize', priority: 'high', name: 'tellAttempts' },
  );
  return client;
}
