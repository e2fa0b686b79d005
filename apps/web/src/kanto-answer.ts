import type { AppError, ErrorKind } from '@quartermaster/foundation';
import type { Reply } from './api.js';
import { isLostStore, OF_A_BUG, retryAfter, STATUS, type ErrorRenderer } from './errors.js';

/** Everything under it is answered in kanto's shape. */
export const KANTO_PATH = '/v0';

/** What kanto's endpoints answer, fields in kanto's order. */
export interface KantoAnswer {
  readonly status: 'ok' | 'error' | 'unauthorized';
  readonly status_message?: string;
  readonly error_detail?: string;
  readonly result?: unknown;
}

/** kanto knows no 422: what could not be done is not available. */
const KANTO_STATUS = { ...STATUS, unprocessable: 503 } as const satisfies Record<ErrorKind, number>;

const MAY_BE_ACCEPTED = ' The request may still have been accepted; /v0/detail and /v0/list tell.';

/** Whether a path is kanto's, in any spelling that a route of it has. */
export function isKantoPath(path: string): boolean {
  const lower = path.toLowerCase();
  return lower === KANTO_PATH || lower.startsWith(`${KANTO_PATH}/`);
}

/** An answer that no cache keeps: it may hold a password. */
export function replyAsKanto(
  status: number,
  { status: word, status_message, error_detail, result }: KantoAnswer,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const json = { status: word, status_message, error_detail, result };
  return { status, headers: { 'Cache-Control': 'no-store', ...headers }, json };
}

/** An error in kanto's shape: `error_detail` has all problems of a form, or else the error's code. */
export const renderKantoError: ErrorRenderer = (error: AppError | undefined) => {
  if (error === undefined) {
    return replyAsKanto(500, { status: 'error', status_message: OF_A_BUG.message, error_detail: OF_A_BUG.code });
  }
  const { kind, message, problems, code } = error;
  if (kind === 'unauthenticated') return replyAsKanto(401, { status: 'unauthorized', status_message: message });
  const answer: KantoAnswer = {
    status: 'error',
    status_message: isLostStore(error) ? message + MAY_BE_ACCEPTED : message,
    error_detail: problems.length === 0 ? code : problems.map(({ detail }) => detail).join('; '),
  };
  return replyAsKanto(KANTO_STATUS[kind], answer, retryAfter(error));
};
