import { AppError, cutText, describeError } from '@quartermaster/foundation';
import type { Call } from './attempt.js';

/** A refusal may list every field of an object. */
const MAX_WORDS = 500;
/**
 * These may pass by themselves; other answers of 4xx do not. 401: credentials are renewed while we go on, and who asks with
 * the former ones is unknown. 409: whoever makes an object may meet others at it, as at a ResourceQuota; that its name is
 * taken is heard before.
 */
const PASSING = new Set([401, 408, 409, 425, 429]);

/** How an answer that is an error is told in the house's words; anything else stays what it is, a bug. */
export function translateError(call: Call, error: unknown): unknown {
  const status = statusOf(error);
  if (error instanceof AppError || status === undefined) return error;
  const what = describeCall(call);
  const { reason, message } = readStatus(error);
  // A refusal of a Secret may repeat what is in it; so does the client's own message.
  const isSecret = call.kind === 'Secret';
  const words = isSecret ? reason : message || reason;
  const said = `${what}: ${status}${words === '' ? '' : ` ${cutText(words, MAX_WORDS)}`}`;
  const cause = isSecret ? undefined : error;
  if (status < 400 || status >= 500 || PASSING.has(status)) {
    return unavailable(`Kubernetes could not answer (${said}).`, cause);
  }
  if (status === 403 && isMissingRight(message)) {
    return new AppError('unprocessable', 'kubernetes-forbidden', `Kubernetes lacks rights for this (${said}).`, {
      cause,
    });
  }
  return new AppError('unprocessable', 'kubernetes-refused', `Kubernetes refused this (${said}).`, { cause });
}

/** No answer, or none that can be read. `timeoutMs`: the attempt was given up after that time. */
export function unreachable(call: Call, error: unknown, timeoutMs?: number): AppError {
  const reason = timeoutMs === undefined ? codeOf(error) : `nothing within ${timeoutMs} ms`;
  return unavailable(`Kubernetes does not answer (${describeCall(call)}: ${reason}).`, error);
}

/** After as many looks as make sense. */
export function goneOnConflict(kind: string, name: string): AppError {
  return new AppError('unavailable', 'kubernetes-unavailable', `${kind} ${name} is changed by others all the time.`);
}

/** Of the client's `ApiException`; `undefined`: the error is none. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('headers' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}

/** The `Status` that Kubernetes answered with; the client leaves it as text. */
export function readStatus(error: unknown): { readonly reason: string; readonly message: string } {
  const body: unknown = error instanceof Error && 'body' in error ? error.body : undefined;
  const status = typeof body === 'string' ? parseJson(body) : body;
  if (typeof status !== 'object' || status === null) return { reason: '', message: '' };
  const { reason, message } = status as Record<string, unknown>;
  return { reason: typeof reason === 'string' ? reason : '', message: typeof message === 'string' ? message : '' };
}

function describeCall({ verb, kind, name }: Call): string {
  return [verb, kind, name].filter((part) => part !== undefined).join(' ');
}

/** `undefined`: it is none. The error that says so would repeat some of it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Quotas and admission are 403 too. Rights: `User "x" cannot create resource "pods" in API group …`. */
function isMissingRight(message: string): boolean {
  return message === '' || /\bcannot \w+ (resource|path)\b/.test(message);
}

function unavailable(message: string, cause: unknown): AppError {
  return new AppError('unavailable', 'kubernetes-unavailable', message, { cause });
}

/** `ECONNREFUSED` says more than `fetch failed`. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : describeError(cause ?? error);
}
