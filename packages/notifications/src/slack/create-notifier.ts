import { LogLevel, WebClient, type Logger } from '@slack/web-api';
import { outcomeOf, tellCall } from '@quartermaster/foundation';
import type { NotifierPort } from '../notifier-port.js';
import { translateSlackError } from './errors.js';

export interface SlackOptions {
  readonly token: string;
  /** Where the API is; Slack's own where left out. */
  readonly apiUrl?: string;
  /** Of one post, in milliseconds. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Slack by its own client, one attempt a post: the client's retries go on for half an hour, and a post that no guard
 * watches any more must not be sent. The queue tries again instead.
 */
export function createSlackNotifier(options: SlackOptions): NotifierPort {
  return {
    post: async (notification, guard) => {
      // A client for each post, as its `fetch` is the only place that takes an abort signal.
      const client = new WebClient(options.token, {
        ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        logger: SILENT,
        fetch: async (url, init) => {
          guard.assertHeld();
          const signals = init?.signal === undefined ? [guard.signal] : [guard.signal, init.signal];
          return fetch(url, { ...init, signal: AbortSignal.any(signals) });
        },
      });
      try {
        await client.apiCall('chat.postMessage', {
          channel: notification.channel,
          text: notification.text,
          metadata: { event_type: 'quartermaster', event_payload: { event_id: notification.event_id } },
          unfurl_links: false,
          unfurl_media: false,
        });
        tellCall('slack', 'chat.postMessage', 'ok');
      } catch (error) {
        // Where the guard's time was over, it says so in its own words.
        guard.assertHeld();
        if (guard.signal.aborted) throw guard.signal.reason;
        const translated = translateSlackError(error);
        tellCall('slack', 'chat.postMessage', outcomeOf(translated));
        throw translated;
      }
    },
  };
}

/** The client's log: it would write to standard error, past the redactor, what comes back as an error anyway. */
const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  setName: () => undefined,
  getLevel: () => LogLevel.ERROR,
};
