import { ApiFailure, isProblem, Unreachable, type ApiProblem } from './api-failure.js';

/** A request that was sent, for messages. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  /** It was sent before, and that connection broke. */
  readonly isRepeat: boolean;
  /** It only asks: nothing can have been changed. */
  readonly isQuestion?: boolean;
}

/**
 * The body of an answer below 300: parsed where it is JSON, else its text. Every other answer is thrown as what it means.
 * @throws ApiFailure where Quartermaster refuses. @throws Unreachable where the answer is not Quartermaster's.
 */
export function readAnswer(sent: SentRequest, response: Response, text: string): unknown {
  const { status, statusText, headers } = response;
  const { method, url, isRepeat, isQuestion = false } = sent;
  const body = parse(text, headers);
  if (body !== undefined && status < 300) return body;
  const problems = problemsOf(body);
  if (problems === undefined || status < 400) throw foreignAnswer(sent, response);
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  const requestId = headers.get('x-request-id');
  throw new ApiFailure({
    method,
    url,
    status,
    statusText,
    problems,
    isRepeat,
    isQuestion,
    ...(Number.isNaN(retryAfter) ? {} : { retryAfter }),
    ...(requestId === null ? {} : { requestId }),
  });
}

/** A body; undefined for one that Quartermaster does not write: a web page, or JSON that is none. */
function parse(text: string, headers: Headers): unknown {
  const type = headers.get('content-type') ?? '';
  if (/\bhtml\b/.test(type)) return undefined;
  if (!/\bjson\b/.test(type)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Quartermaster redirects nowhere and writes every error in its own form: this comes from whatever stands in between. */
function foreignAnswer(sent: SentRequest, { status, statusText, headers }: Response): Unreachable {
  const { method, url, isRepeat, isQuestion = false } = sent;
  const answer = `${status} ${statusText}`.trim();
  // What a router says of a server that it has lost.
  const mayHaveArrived = (isRepeat || status >= 500) && !isQuestion;
  const location = headers.get('location');
  if (status < 300 || status >= 400 || location === null) {
    const reason = `the answer, ${answer}, is not Quartermaster’s`;
    return new Unreachable({ method, url, reason, answer, mayHaveArrived });
  }
  const next =
    'Give the address that it redirects to, if that is your server: --url, QUARTERMASTER_URL or `quartermaster setup`.';
  return new Unreachable({ method, url, reason: `it redirects to ${location}`, answer, mayHaveArrived, next });
}

/** What an error body says: JSON:API's `errors`, or kanto's `status_message`. */
function problemsOf(body: unknown): readonly ApiProblem[] | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { errors, status, status_message, error_detail } = body as Record<string, unknown>;
  if (Array.isArray(errors)) return errors.every(isProblem) ? errors : undefined;
  if (typeof status !== 'string' || typeof status_message !== 'string') return undefined;
  const detail = typeof error_detail === 'string' ? error_detail : '';
  // One word is a code, a sentence tells of each field.
  const isCode = /^[a-z][a-z0-9-]*$/.test(detail);
  return [
    { code: isCode ? detail : status, detail: status_message },
    ...(isCode || detail === '' ? [] : detail.split('; ').map((line) => ({ code: status, detail: line }))),
  ];
}
