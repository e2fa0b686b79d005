import { channel } from 'node:diagnostics_channel';
import { AppError } from './errors.js';

/** `failed`: no answer, or one that may be another the next time; `refused`: an answer that stays as it is. */
export type CallOutcome = 'ok' | 'throttled' | 'refused' | 'failed';

/** One request to something outside, each of a client's own tries being one. */
export interface CloudCall {
  /** `ec2`, `kubernetes`, `slack` … */
  readonly service: string;
  /** `RunInstances`, `create Service`: one of few, nothing of a request's own. */
  readonly operation: string;
  readonly outcome: CallOutcome;
}

/** Node's own way for a library to say what it does without knowing who listens; without a listener it costs nothing. */
const CALLS = channel('quartermaster:cloud-calls');

/** Says that a request was sent and what came of it. */
export function tellCall(service: string, operation: string, outcome: CallOutcome): void {
  if (CALLS.hasSubscribers) CALLS.publish({ service, operation, outcome } satisfies CloudCall);
}

/** Has every request of this process told. Returns how to stop that. */
export function onCloudCall(listen: (call: CloudCall) => void): () => void {
  const listener = (message: unknown): void => listen(message as CloudCall);
  CALLS.subscribe(listener);
  return () => CALLS.unsubscribe(listener);
}

/** What an adapter's error, in the house's words, says about the request that it stands for. */
export function outcomeOf(error: unknown): CallOutcome {
  if (!(error instanceof AppError)) return 'failed';
  if (error.kind !== 'unavailable') return 'refused';
  return error.code.endsWith('-throttled') ? 'throttled' : 'failed';
}
