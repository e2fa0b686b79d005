import { ApiFailure, Unreachable } from './api-failure.js';
import { PROGRAM } from '../context.js';
import { EXIT, Failure } from '../failures.js';

/**
 * Says how to look at what a change has done where its answer is lost, or with `signal` where it is not waited for any more;
 * `look` is the command: `record get x.example.com`.
 */
export async function lookAfterLoss<Answer>(
  change: Promise<Answer>,
  look: string,
  signal?: AbortSignal,
): Promise<Answer> {
  const next = `Look at how it stands before you repeat it: \`${PROGRAM} ${look}\``;
  try {
    return await change;
  } catch (error) {
    const isOpen = (error instanceof Unreachable || error instanceof ApiFailure) && error.mayHaveArrived;
    if (isOpen) throw error.advising(next);
    if (error instanceof Failure || signal?.aborted !== true) throw error;
    throw new Failure(EXIT.interrupted, 'Interrupted. The request may have been accepted all the same.', { next });
  }
}
