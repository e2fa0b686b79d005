import type { EffectGuard } from '@quartermaster/foundation';

/** One message to one channel. */
export interface Notification {
  /**
   * Names the event that is told, the same at every attempt: messages are at least once, and this is how a reader (or a
   * test) knows a repetition.
   */
  readonly event_id: string;
  /** `general`, `#general`, `@someone` or a channel's id. */
  readonly channel: string;
  /** Slack's mrkdwn, values escaped. */
  readonly text: string;
}

export interface NotifierPort {
  /**
   * Posts one message. Throws `unavailable` (`slack-unavailable`, `slack-throttled` with `retryAfterSeconds`) where
   * trying again makes sense, else `unprocessable` `slack-refused` with Slack's own code in the message.
   */
  post(notification: Notification, guard: EffectGuard): Promise<void>;
}
