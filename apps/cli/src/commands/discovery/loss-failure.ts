import type { Loss, Refusal } from '@quartermaster/discovery-client';
import { ApiFailure, isProblem, Unreachable, type ApiProblem } from '../../api/api-failure.js';
import { reasonOf } from '../../api/connection-errors.js';
import type { Failure } from '../../failures.js';

/** docs/discovery.md, close codes. */
const CLOSINGS: Readonly<Record<number, string>> = {
  1012: 'the server restarts',
  1013: 'this program reads too slowly',
  4002: 'the registration is lost: etcd has not confirmed it in time',
};

/** Trying again would be told the same: a wrong token, a name that is none. */
export function isFinal({ refusal }: Loss): boolean {
  return refusal !== undefined && refusal.status < 500 && problemsOf(refusal.body) !== undefined;
}

/** Why there is no connection, in words. */
export function wordsOf({ reason, refusal, error, closeCode }: Loss): string {
  if (refusal !== undefined) {
    const [problem] = problemsOf(refusal.body) ?? [];
    return `${statusLine(refusal)}${problem === undefined ? '' : `, ${problem.detail.replace(/\.$/, '')}`}`;
  }
  if (error !== undefined) return reasonOf(error).replace(/^Error: /, '');
  return CLOSINGS[closeCode ?? 0] ?? (reason === '1006 ' ? 'the connection was cut' : reason);
}

/** How a command fails of it; `url` is the WebSocket's, by http. */
export function failureOf(loss: Loss, url: string): Failure {
  const asked = { method: 'GET', url };
  const { refusal } = loss;
  const problems = refusal && problemsOf(refusal.body);
  if (refusal === undefined || problems === undefined) {
    const answer = refusal && { answer: statusLine(refusal) };
    const reason = refusal === undefined ? wordsOf(loss) : `the answer, ${statusLine(refusal)}, is not Quartermaster’s`;
    return new Unreachable({ ...asked, reason, ...answer, mayHaveArrived: false, cause: loss.error });
  }
  const { status, statusText, headers } = refusal;
  const retryAfter = Number(headers['retry-after'] ?? Number.NaN);
  const requestId = headers['x-request-id'];
  return new ApiFailure({
    ...asked,
    status,
    statusText,
    problems,
    ...(Number.isNaN(retryAfter) ? {} : { retryAfter }),
    ...(typeof requestId === 'string' && { requestId }),
  });
}

function statusLine({ status, statusText }: Refusal): string {
  return `${status} ${statusText}`.trim();
}

/** Of an error document; undefined for what only a router in between can have written. */
function problemsOf(body: string): readonly ApiProblem[] | undefined {
  try {
    const { errors } = JSON.parse(body) as { errors?: unknown };
    return Array.isArray(errors) && errors.every(isProblem) ? errors : undefined;
  } catch {
    return undefined;
  }
}
