/** How a command ends, for the shell. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  /** 128 + SIGINT, as shells have it. */
  interrupted: 130,
  /** 128 + SIGPIPE: nobody reads standard output any more. */
  unread: 141,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface FailureDetails {
  /** Lines below the message, e.g. each problem of a body. */
  readonly lines?: readonly string[];
  /** The request that failed, and what came of it: `GET http://… → 404 Not Found (unknown-build)`. */
  readonly request?: string;
  /** What the person can do now, a sentence. */
  readonly next?: string;
  readonly cause?: unknown;
}

/** Why a command failed, in words for who typed it. Everything else that is thrown is a bug of ours. */
export class Failure extends Error {
  readonly exitCode: ExitCode;
  readonly details: FailureDetails;

  constructor(exitCode: ExitCode, message: string, details: FailureDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'Failure';
    this.exitCode = exitCode;
    this.details = details;
  }

  /** The same failure with another advice. */
  advising(next: string): Failure {
    return new Failure(this.exitCode, this.message, { ...this.details, next });
  }
}

/** What was typed can't be meant: exit 2. */
export function usageFailure(message: string, next?: string): Failure {
  return new Failure(EXIT.usage, message, next === undefined ? {} : { next });
}
