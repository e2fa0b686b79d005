import { EXIT, Failure } from '../failures.js';

/** One entry of the API's `errors` (JSON:API). */
export interface ApiProblem {
  readonly code: string;
  readonly detail: string;
}

export function isProblem(entry: unknown): entry is ApiProblem {
  const { code, detail } = (entry ?? {}) as { code?: unknown; detail?: unknown };
  return typeof code === 'string' && typeof detail === 'string';
}

export interface RefusedRequest {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly problems: readonly ApiProblem[];
  /** Seconds, from `Retry-After`. */
  readonly retryAfter?: number;
  readonly requestId?: string;
  /** It was sent before, and that connection broke. */
  readonly isRepeat?: boolean;
  /** It only asks: nothing can have been changed. */
  readonly isQuestion?: boolean;
}

/** Quartermaster has answered, and the answer is no. */
export class ApiFailure extends Failure {
  readonly status: number;
  /** The first problem's, e.g. `unknown-build`; empty where the answer has none. */
  readonly code: string;
  readonly retryAfter: number | undefined;
  /** Redis was lost in the middle, or a try before this one: the change may have been accepted all the same. */
  readonly mayHaveArrived: boolean;
  /** It was sent before, and that connection broke: what is refused now may be done by then. */
  readonly isRepeat: boolean;

  constructor(refused: RefusedRequest) {
    const { method, url, status, statusText, problems, retryAfter, requestId, isRepeat, isQuestion } = refused;
    const [first, ...others] = problems;
    const reason = [`${status} ${statusText}`, first?.code && `(${first.code})`].filter(Boolean).join(' ');
    const isChange = method !== 'GET' && isQuestion !== true;
    // A 400 or a 403 refuses the first try just as well.
    const isOpen = isRepeat === true && isChange && (status >= 500 || status === 429);
    const mayBeDone = isOpen || (isRepeat === true && isChange && (status === 404 || status === 409));
    super(EXIT.failed, first?.detail || `The server answers ${status} ${statusText}.`, {
      lines: [
        ...others.map(({ detail }) => detail),
        ...(mayBeDone ? ['The connection broke the first time: that request may have done it already.'] : []),
      ],
      request: `${method} ${url} → ${reason}${requestId === undefined ? '' : `, request ${requestId}`}`,
      next: isOpen ? LOOK_FIRST : adviceFor(status, first?.code ?? '', retryAfter),
    });
    this.name = 'ApiFailure';
    this.status = status;
    this.code = first?.code ?? '';
    this.isRepeat = isRepeat === true;
    this.retryAfter = retryAfter;
    this.mayHaveArrived = isOpen || (isChange && this.code.startsWith('redis-'));
  }
}

/** Its answer is lost or open: the request may have been accepted all the same. */
export function mayBeDone(error: unknown): error is ApiFailure | Unreachable {
  return (error instanceof ApiFailure || error instanceof Unreachable) && error.mayHaveArrived;
}

/** The same answer; a refusal with this code says what to do now. */
export async function adviseOnCode<Answer>(answer: Promise<Answer>, code: string, next: string): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof ApiFailure && error.code === code ? error.advising(next) : error;
  }
}

const LOOK_FIRST = 'Look at how it stands before you repeat it.';

function adviceFor(status: number, code: string, retryAfter: number | undefined): string {
  // Below /v0/, where the form has an account's.
  if (code === 'unauthorized') {
    return 'Give the name and the token of an account: --account and --account-token-file. `quartermaster accounts` shows whom there is.';
  }
  if (status === 401 || code === 'unknown-token') {
    return 'Give the token of this server: `quartermaster setup`, QUARTERMASTER_TOKEN or --token-file.';
  }
  if (code === 'admin-only') return 'Use a token whose name is in ADMIN_TOKENS of the server.';
  if (code === 'read-only') return 'The server takes no changes while READ_ONLY is set; ask who operates it.';
  if (status === 503) {
    const when = retryAfter === undefined ? 'in a moment' : `in ${retryAfter} s`;
    return `Try again ${when}; \`quartermaster doctor\` shows what is wrong with the server.`;
  }
  if (status >= 500) return 'This is a bug of the server; its log has the request by its id.';
  if (status === 404) return 'Look at what there is: the same command with --help names those that list.';
  if (status === 409) return 'Look at how it stands now, then decide.';
  return 'Correct what is named above; --help has the rules and examples.';
}

export interface LostRequest {
  readonly method: string;
  readonly url: string;
  /** In words: `connection refused`, `no answer within 30 s`. */
  readonly reason: string;
  /** The server may have had the request before the connection broke. */
  readonly mayHaveArrived: boolean;
  /** Status line of an answer that is not Quartermaster's. */
  readonly answer?: string;
  /** What to do; by default of the usual reasons. */
  readonly next?: string;
  readonly cause?: unknown;
}

/** No answer of Quartermaster's: nobody there, a broken connection, or a router in between that says so. */
export class Unreachable extends Failure {
  readonly mayHaveArrived: boolean;

  constructor({ method, url, reason, mayHaveArrived, answer = 'no answer', next, cause }: LostRequest) {
    const { origin } = new URL(url);
    const isChange = method !== 'GET' && mayHaveArrived;
    super(EXIT.unreachable, `Can not reach ${origin}: ${reason}.`, {
      lines: isChange ? ['The request may have been accepted all the same.'] : [],
      request: `${method} ${url} → ${answer}`,
      next: isChange
        ? LOOK_FIRST
        : (next ??
          'See that the server runs (`bin/up` starts one here) and that the address is right: --url, QUARTERMASTER_URL or `quartermaster setup`.'),
      cause,
    });
    this.name = 'Unreachable';
    this.mayHaveArrived = mayHaveArrived;
  }
}
