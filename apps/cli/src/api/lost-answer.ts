import { mayBeDone } from './api-failure.js';
import { PROGRAM } from '../context.js';
import { EXIT, Failure } from '../failures.js';

/**
 * Says how to look at what a change has done where its answer is lost, or not waited for any more; `look` is the command:
 * `record get x.example.com`.
 */
export function lookAfterLoss<Answer>(change: Promise<Answer>, look: string, signal: AbortSignal): Promise<Answer> {
  return adviseAfterLoss(change, `Look at how it stands before you repeat it: \`${PROGRAM} ${look}\``, signal);
}

/** The same with an advice of its own, for what can not be looked at. */
export async function adviseAfterLoss<Answer>(
  change: Promise<Answer>,
  next: string,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await change;
  } catch (error) {
    if (mayBeDone(error)) throw error.advising(next);
    if (error instanceof Failure || !signal.aborted) throw error;
    throw new Failure(EXIT.interrupted, 'Interrupted. The request may have been accepted all the same.', { next });
  }
}
