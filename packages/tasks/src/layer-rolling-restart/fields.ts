import type { StackInstanceStatus, StackSource } from '@quartermaster/stacks';

/** What a request carries, defaults filled in. */
export interface RestartSent {
  /** Names or short names, in any case. */
  readonly stack: string;
  readonly layer: string;
  /** How many may be down at once: a number, or a percentage like `25%` of the instances that are online at the start. */
  readonly window: number | string;
  /** For each instance, from its stop until it is online again: `20m`, or ms. */
  readonly timeout: number | string;
  /** The task ends once more than so many have failed. */
  readonly max_failures: number;
  /** True: tell what would be done, and do nothing; the answer then stands here. */
  readonly plan: boolean | readonly PlannedInstance[];
  /** Only these: host names or ids. They need not be online. */
  readonly instances?: readonly string[];
}

export interface PlannedInstance {
  /** From 1. */
  readonly position: number;
  readonly Hostname: string;
  readonly InstanceId: string;
  readonly Status: StackInstanceStatus;
}

/** Something that happened to an instance. ISO 8601 UTC. */
export interface RestartEvent {
  readonly Hostname: string;
  readonly InstanceId: string;
  readonly timestamp: string;
}

export interface RestartFailure extends RestartEvent {
  readonly reason: string;
}

/**
 * Where an instance is on its way. `unclear`: the process died while it asked for the stop, and nothing new is to be
 * stopped any more, so it is watched for a while. `skipped`: it was gone before its turn.
 */
export type Phase = 'waiting' | 'stopping' | 'unclear' | 'stopped' | 'starting' | 'online' | 'failed' | 'skipped';

/** `missing`: the source does not know it (any more). */
export type SeenStatus = StackInstanceStatus | 'missing';

/** An instance that is to be restarted. Times are ISO 8601 UTC. */
export interface Target {
  readonly Hostname: string;
  readonly InstanceId: string;
  readonly phase: Phase;
  /** It was asked for by name: where it is down it is brought up. */
  readonly repair?: true;
  /** The stop is known to have been asked for; without it, it was only intended. */
  readonly sent?: boolean;
  /** Its stop is put off: others went down after it was intended. */
  readonly held?: boolean;
  /** What it was at the last look, at how many looks in a row, and whether it was seen to follow what was last asked of it. */
  readonly status?: SeenStatus;
  readonly looks: number;
  readonly moved: boolean;
  /** Counts against the timeout. Time in which nobody looked is left out (ms). */
  readonly spentMs: number;
  readonly stoppingAt?: string;
  readonly shutdownAt?: string;
  readonly startedAt?: string;
  readonly onlineAt?: string;
  /** When it failed or was skipped, and why. */
  readonly endedAt?: string;
  readonly reason?: string;
  /** Why it was last refused, until that is over. */
  readonly note?: string;
}

/** What the run adds to the record. The lists follow from `targets`. */
export interface RestartProgress {
  readonly totalInstances?: number;
  /** The window in instances. */
  readonly windowSize?: number;
  /** Stop intended. */
  readonly instancesStopping?: readonly RestartEvent[];
  /** Seen stopped. */
  readonly instancesShutdown: readonly RestartEvent[];
  /** Start asked for. */
  readonly instancesStarted: readonly RestartEvent[];
  /** Seen online again. */
  readonly instancesOnline: readonly RestartEvent[];
  readonly instancesFailed?: readonly RestartFailure[];
  /** Gone before their turn. */
  readonly instancesSkipped?: readonly RestartFailure[];
  /** Set at the end: what failed, and what had not had its turn. */
  readonly instancesLeft?: readonly { readonly Hostname: string; readonly InstanceId: string }[];
  /** The planner's state, in the order of the restart. */
  readonly targets?: readonly Target[];
  /** Whose ids these are. */
  readonly source?: StackSource['name'];
  readonly lookedAt?: string;
  /** How often in a row the cloud could not be reached. */
  readonly trouble?: number;
}

export type RestartFields = RestartSent & RestartProgress;
