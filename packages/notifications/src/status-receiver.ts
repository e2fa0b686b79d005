import type { EffectGuard } from '@quartermaster/foundation';

/** One status update as another system gets it. */
export interface StatusDelivery {
  /** Names the event, the same at every attempt: deliveries are at least once, and this is how a receiver knows a repetition. */
  readonly event_id: string;
  /** Sent as JSON. */
  readonly body: {
    readonly service: string;
    readonly application_id: string;
    readonly deployment_id: string;
    readonly status: string;
    /** Text or an object. */
    readonly detail?: unknown;
    readonly cluster_id?: string;
    /** When it was accepted, ISO 8601 UTC. */
    readonly timestamp: string;
  };
}

export interface StatusReceiver {
  /**
   * Hands one update over. Throws `unavailable` (`status-target-unavailable`, or `status-target-throttled`, both perhaps with
   * `retryAfterSeconds`) where trying again makes sense, else `unprocessable` `status-refused`. No error names the target's
   * address or the credentials that it is given.
   */
  deliver(delivery: StatusDelivery, guard: EffectGuard): Promise<void>;
}
