/** The order in which a build's states follow; a build never goes back. */
export type BuildState = 'pending' | 'started' | 'finished' | 'failed';

/** A build that a client was told is accepted. */
export interface ToldBuild {
  readonly id: string;
  /** The client's own number of the request; it is on everything that the build makes, as the tag `soak-request`. */
  readonly request: string;
  /** How the client makes sure that a repetition is the same build. */
  readonly by: 'id' | 'key';
  readonly count: number;
  /** Names an image that does not exist: this build has to fail. */
  readonly isDoomed: boolean;
  readonly tries: number;
  /** The furthest state that a client was told of, and the instances with it. */
  state: BuildState;
  instance_ids: readonly string[];
}

/** A termination that a client was told is accepted, or, of a repeated request, that there is no such instance any more. */
export interface ToldTermination {
  readonly instance_id: string;
  readonly build_id: string;
  readonly tries: number;
}

/** Everything that clients of builds were told. */
export interface Told {
  readonly builds: ToldBuild[];
  readonly terminations: ToldTermination[];
  /** Answers that no client should have had. */
  readonly refusals: { readonly subject: string; readonly what: string }[];
}

/** The tag by which everything that a request made can be told from what another one did. */
export const REQUEST_TAG = 'soak-request';
