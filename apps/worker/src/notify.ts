import type { Journal, Producer } from '@quartermaster/jobs';
import type { OpenJob } from '@quartermaster/stores';

export interface Message {
  /** Names the event: the same at every try. */
  readonly event_id: string;
  readonly channel: string | undefined;
  readonly text: string;
  /** What the step is called after; the event id up to its first dash unless told otherwise. */
  readonly step?: string;
}

/** Has one message sent, as a step of the work it tells of. */
export type Notify = (journal: Journal, message: Message, requestId: string | undefined) => Promise<void>;

/** Messages have a queue of their own, so that a failing Slack delays no work. Where no channel is known, none is sent. */
export function createNotify(producer: Producer): Notify {
  return async (journal, { event_id, channel, text, step }, requestId) => {
    if (channel === undefined) return;
    await journal.step(`notify-${step ?? event_id.split('-')[0] ?? ''}`, {
      act: () => producer.enqueue('send-notification', { event_id, channel, text }, { request_id: requestId }),
    });
  };
}

/** The job that sends a message, for a store to open with the change that it tells of. None where no channel is known. */
export function describeMessage(producer: Producer, message: Message, requestId: string | undefined): OpenJob[] {
  const { event_id, channel, text } = message;
  if (channel === undefined) return [];
  return [producer.describe('send-notification', { event_id, channel, text }, { request_id: requestId })];
}
