import { AppError } from '@quartermaster/foundation';
import type { Reader, Subscription, SubscribeOptions } from './feed.js';
import type { CustomEvent } from './message.js';
import type { ServiceNode } from './node.js';

/**
 * `registered`: others see the node. `lost`: they do not, or we can not know it, since etcd has not confirmed the lease in
 * time; it is registered again as soon as etcd can be reached. `replaced`: somebody registered the same node anew, and it
 * is theirs; final. `ended`: by `leave`, `expire` or `abandon`; final.
 */
export type RegistrationStatus = 'registered' | 'lost' | 'replaced' | 'ended';

/** A node that stays registered until one of the three ends. None of them throws, or ends a newer registration. */
export interface Registration {
  status(): RegistrationStatus;
  /** A deliberate leave: the others are told `DELETE`, at once when etcd can be reached. */
  leave(): Promise<void>;
  /** The node is thought to be dead: its lease is revoked, and the others are told `EXPIRE` at once. */
  expire(): Promise<void>;
  /** Ends the renewals only: the node stays until its lease runs out, or it registers elsewhere before that. */
  abandon(): void;
}

export interface RegisterOptions {
  readonly service: string;
  readonly node: ServiceNode;
  /** Called at every change of the status after the first, in order. */
  readonly onStatus?: (status: RegistrationStatus, reason: string) => void;
}

/** The leader that the member we are connected to believes in, and that member; decimal strings, above 2^53. */
export interface Leadership {
  readonly leader: string;
  readonly member_id: string;
}

/**
 * Services that know of each other. Each question to etcd is answered or given up within 3 s; rejections are `AppError`s of kind `unavailable`:
 * `etcd-unavailable`, or `etcd-not-configured` where there is no etcd at all.
 */
export interface Discovery {
  /**
   * The newest registration of a node wins: an older one of the same node becomes `replaced`. Rejects with
   * `registered-meanwhile` (`unavailable`) where the node was registered after this was called.
   */
  register(options: RegisterOptions): Promise<Registration>;
  /** Services that have a node, sorted; asked of etcd. */
  services(): Promise<string[]>;
  /** The nodes of a service, sorted by address; asked of etcd. */
  nodes(service: string): Promise<ServiceNode[]>;
  /** Sends an event of the user's own; returns its revision. */
  emit(event: CustomEvent): Promise<number>;
  leader(): Promise<Leadership>;
  /** Follows services and broadcasts; see `Feed` for what `since` does. Throws only `etcd-not-configured`. */
  subscribe(options: SubscribeOptions, reader: Reader): Subscription;
  /** Whether everything is known that is registered: false before the first listing, and while etcd is out of reach. */
  isCurrent(): boolean;
  stop(): Promise<void>;
}

/** Where no etcd is configured: everything says so. */
export function createAbsentDiscovery(): Discovery {
  const absent = (): AppError =>
    new AppError('unavailable', 'etcd-not-configured', 'Service discovery is off: no ETCD_HOSTS are configured.');
  const reject = (): Promise<never> => Promise.reject(absent());
  return {
    register: reject,
    services: reject,
    nodes: reject,
    emit: reject,
    leader: reject,
    subscribe: () => {
      throw absent();
    },
    isCurrent: () => false,
    stop: async () => {},
  };
}
