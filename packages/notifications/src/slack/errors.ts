import { AppError } from '@quartermaster/foundation';
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';

/**
 * Slack's codes for what passes by itself (docs.slack.dev/reference/methods/chat.postMessage). All others are about the
 * channel, the token or the message and stay as they are until somebody acts.
 */
const PASSING = new Set([
  'fatal_error',
  'internal_error',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
  'external_channel_migrating',
]);
const THROTTLED = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);

/** Where Slack names no time itself: its limit is about one message a second and channel. */
const DEFAULT_RETRY_SECONDS = 30;

/** What the Slack client threw, in the house's words; what is not Slack's or the network's doing comes back as it is. */
export function translateSlackError(error: unknown): unknown {
  if (error instanceof WebAPIRateLimitedError) return throttled(error.retryAfter, error);
  if (error instanceof WebAPIPlatformError) return translateCode(error.data.error, error);
  if (error instanceof WebAPIHTTPError) {
    if (error.statusCode >= 500) return unavailable(`status ${error.statusCode}`, error);
    return refused(`status ${error.statusCode}`, error);
  }
  if (error instanceof WebAPIRequestError) return unavailable(networkReason(error.original), error);
  if (!isErrorShaped(error)) return error;
  // The client has classes neither for a 429 whose Retry-After it can't read nor for an answer that breaks off.
  if (error.message.startsWith('Retry header did not')) return throttled(undefined, error);
  if (error.name === 'TimeoutError' || hasCode(error.cause)) return unavailable(networkReason(error), error);
  return error;
}

function translateCode(code: string, cause: unknown): AppError {
  // The client takes what is no JSON (a proxy's page) for a code.
  if (!/^[a-z0-9_.]{1,80}$/i.test(code)) return unavailable('an unreadable answer', cause);
  if (THROTTLED.has(code)) return throttled(undefined, cause);
  return PASSING.has(code) ? unavailable(code, cause) : refused(code, cause);
}

function throttled(seconds: number | undefined, cause: unknown): AppError {
  return new AppError('unavailable', 'slack-throttled', 'Slack asks for fewer messages.', {
    cause,
    retryAfterSeconds: seconds ?? DEFAULT_RETRY_SECONDS,
  });
}

function unavailable(reason: string, cause: unknown): AppError {
  return new AppError('unavailable', 'slack-unavailable', `Slack gives no answer (${reason}).`, { cause });
}

function refused(reason: string, cause: unknown): AppError {
  return new AppError('unprocessable', 'slack-refused', `Slack refused the message (${reason}).`, { cause });
}

/** `fetch` says `fetch failed` for everything and keeps the reason in its cause. */
function networkReason(error: ErrorShape): string {
  if (hasCode(error.cause)) return error.cause.code;
  return error.name === 'TimeoutError' ? error.name : error.message;
}

interface ErrorShape {
  readonly name: string;
  readonly message: string;
  readonly cause?: unknown;
}

/** By shape, not by class: an error of Node's own may come from another realm (in tests it does). */
function isErrorShaped(error: unknown): error is ErrorShape {
  return typeof error === 'object' && error !== null && 'name' in error && 'message' in error;
}

function hasCode(cause: unknown): cause is { readonly code: string } {
  return typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string';
}
