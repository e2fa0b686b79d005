import type { ErrorRecord } from '@quartermaster/foundation';

/** What a service says of itself, as it was recorded. */
export interface StatusUpdate {
  /** Names the event wherever it is forwarded. */
  readonly id: string;
  readonly service: string;
  readonly application_id: string;
  readonly deployment_id: string;
  readonly status: string;
  /** Text or an object. */
  readonly detail?: unknown;
  readonly cluster_id?: string;
  /** When it was accepted, ISO 8601 UTC. */
  readonly timestamp: string;
}

/** An update on its way to whoever it is forwarded to. */
export interface WaitingUpdate {
  readonly update: StatusUpdate;
  readonly request_id: string;
  /** Who is told should it be given up. */
  readonly slack_channel?: string;
}

/** Updates that were accepted and could not be forwarded. */
export interface GivenUp {
  /** The last of them. */
  readonly update: Pick<StatusUpdate, 'id' | 'status' | 'timestamp'>;
  readonly error: ErrorRecord;
  /** ms since 1970. */
  readonly at: number;
}

/** The target has failed, again and again, since it last answered. */
export interface ForwardingTrouble {
  readonly tries: number;
  readonly error: ErrorRecord;
  /** Nothing is tried before, ms since 1970. */
  readonly next_at: number;
}

/** `none`: there is no target, it is only recorded. */
export type ForwardingEnd = 'delivered' | 'failed' | 'none';

export interface ServiceStatus {
  /** What was accepted last. */
  readonly latest: StatusUpdate;
  readonly waiting: number;
  /** What became of the update that ended last; missing where none has. */
  readonly ended?: { readonly state: ForwardingEnd; readonly error?: ErrorRecord };
  readonly trouble?: ForwardingTrouble;
  readonly given_up?: GivenUp;
}

export type AcceptedUpdate =
  | { readonly outcome: 'accepted' | 'same'; readonly update: StatusUpdate }
  /** So many of this service wait that no more are taken. */
  | { readonly outcome: 'full'; readonly waiting: number }
  /** There are as many services as are kept, and none of those that have been silent longest can be forgotten. */
  | { readonly outcome: 'too-many-services' };
