import { AppError, outcomeOf, tellCall } from '@quartermaster/foundation';
import type { StatusReceiver } from '../status-receiver.js';

export interface HttpStatusReceiverOptions {
  /** http or https. A user and password in it are sent as HTTP Basic, unless there is a token. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  /** Of one delivery, in milliseconds. */
  readonly timeoutMs: number;
}

/** What panda-kick called a status update. */
const CONTENT_TYPE = 'application/vnd.kick.status+json';
/**
 * Refusals of the update itself, and of updates for good (410). All others of 4xx may pass: a token that is being replaced
 * (401, 403), a router before a target that is being deployed (404, 405), an event that is being taken already (409, as
 * draft-ietf-httpapi-idempotency-key-header has it).
 */
const FINAL: ReadonlySet<number> = new Set([400, 410, 413, 415, 422]);

/** Status updates over HTTP, one attempt a delivery and no redirects: they go to the address that was configured, or nowhere. */
export function createHttpStatusReceiver(options: HttpStatusReceiverOptions): StatusReceiver {
  const { href, authorization } = takeApart(options);
  return {
    deliver: async ({ event_id, body }, guard) => {
      guard.assertHeld();
      let response: Response;
      try {
        response = await fetch(href, {
          method: 'POST',
          redirect: 'manual',
          signal: AbortSignal.any([guard.signal, AbortSignal.timeout(options.timeoutMs)]),
          headers: {
            'content-type': CONTENT_TYPE,
            'user-agent': 'quartermaster',
            'x-event-id': event_id,
            'idempotency-key': event_id,
            ...(authorization === undefined ? {} : { authorization }),
          },
          body: JSON.stringify(body),
        });
      } catch (error) {
        if (guard.signal.aborted) throw guard.signal.reason;
        tellCall('status-target', 'POST', 'failed');
        throw unavailable(`gives no answer (${networkReason(error)})`);
      }
      // Its status is the answer; whatever else it says is not waited for.
      await response.body?.cancel().catch(() => undefined);
      const refusal = response.ok ? undefined : translateStatus(response);
      tellCall('status-target', 'POST', refusal === undefined ? 'ok' : outcomeOf(refusal));
      if (refusal !== undefined) throw refusal;
    },
  };
}

/** `fetch` takes no credentials in an address. */
function takeApart({ url, token }: HttpStatusReceiverOptions): { href: string; authorization: string | undefined } {
  const target = new URL(url);
  const named = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`;
  target.username = '';
  target.password = '';
  const basic = named === ':' ? undefined : `Basic ${Buffer.from(named).toString('base64')}`;
  return { href: target.href, authorization: token === undefined ? basic : `Bearer ${token}` };
}

function translateStatus({ status, headers }: Response): AppError {
  const retryAfterSeconds = parseRetryAfter(headers.get('retry-after'), Date.now());
  if (status === 429) {
    const message = 'The target of status updates asks for fewer of them (429).';
    return new AppError('unavailable', 'status-target-throttled', message, wait(retryAfterSeconds));
  }
  if (FINAL.has(status)) {
    return new AppError('unprocessable', 'status-refused', `The target of status updates refuses it (${status}).`);
  }
  if (status < 400) return unavailable(`answers ${status}, a redirect, and those are not followed`);
  return unavailable(`answers ${status}`, retryAfterSeconds);
}

function unavailable(what: string, retryAfterSeconds?: number): AppError {
  const message = `The target of status updates ${what}.`;
  return new AppError('unavailable', 'status-target-unavailable', message, wait(retryAfterSeconds));
}

function wait(retryAfterSeconds: number | undefined): { retryAfterSeconds?: number } {
  return retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}

/** `fetch` says `fetch failed` for everything and keeps the reason in its cause; only its code is free of the address. */
function networkReason(error: unknown): string {
  const { name, cause } = (typeof error === 'object' && error !== null ? error : {}) as {
    name?: unknown;
    cause?: unknown;
  };
  if (name === 'TimeoutError') return 'no time left';
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'connection failed';
}
