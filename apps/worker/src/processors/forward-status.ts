import { toErrorRecord } from '@quartermaster/foundation';
import { RetryLater, type PayloadOf, type Processor } from '@quartermaster/jobs';
import { createServiceForwarder, type ForwardingParts } from '../status/forward-service.js';

/** So many updates of one service in a row; then another one has its turn. */
const TURN = 100;

/** Forwards what waits of a service, one update after the other: the next one only when the former is done with. */
export function createForwardStatus(parts: ForwardingParts): Processor<PayloadOf<'forward-status'>> {
  return {
    run: async ({ service }, context) => {
      const forwarder = createServiceForwarder(parts, service, context);
      for (let count = 0; count < TURN; count += 1) if (!(await forwarder.step())) return;
      throw new RetryLater(1);
    },
    giveUp: ({ service }, error, context) =>
      createServiceForwarder(parts, service, context).abandonHead(toErrorRecord(error)),
  };
}
