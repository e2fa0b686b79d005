interface Event {
  readonly Hostname: string;
  readonly InstanceId: string;
  readonly timestamp: string;
}

/** A restart as the API answers it, as far as the soak looks. */
export interface ShownRestart {
  readonly _id: string;
  readonly status: 'PENDING' | 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  readonly settled: boolean;
  readonly totalInstances?: number;
  readonly windowSize?: number;
  readonly instancesStopping?: readonly Event[];
  readonly instancesShutdown: readonly Event[];
  readonly instancesStarted: readonly Event[];
  readonly instancesOnline: readonly Event[];
  readonly instancesFailed?: readonly (Event & { readonly reason: string })[];
  readonly instancesSkipped?: readonly Event[];
  readonly instancesLeft?: readonly { readonly Hostname: string; readonly InstanceId: string }[];
  readonly exceptions: readonly { readonly message: string; readonly code?: string }[];
  readonly date_created: string;
}

/** An instance of a layer, by both its ids. */
export interface ToldInstance {
  readonly instance_id: string;
  readonly ec2_instance_id: string;
  readonly hostname: string;
}

/** One seed's worth: a layer of its own, a restart of it, and what followed. */
export interface ToldScenario {
  readonly number: number;
  readonly stack: string;
  readonly instances: readonly ToldInstance[];
  readonly window: number | string;
  /** Ids of its tasks that were acknowledged, resumptions and rivals included, each with how it was last seen. */
  readonly tasks: Map<string, ShownRestart | undefined>;
  /** Those that were cancelled while they had not ended. */
  readonly cancelled: Set<string>;
  /** Requests that were sent more than once until they were acknowledged. */
  repeated: number;
}

export interface ToldRestarts {
  readonly source: 'opsworks' | 'ec2-tags';
  readonly scenarios: ToldScenario[];
  /** Answers that no client should have had. */
  readonly refusals: { readonly subject: string; readonly what: string }[];
}
