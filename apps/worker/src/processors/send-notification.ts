import type { PayloadOf, Processor } from '@quartermaster/jobs';
import type { NotifierPort } from '@quartermaster/notifications';

/** Posts one message. What Slack refuses for good ends in the log, with what was to be said. */
export function createSendNotification(notifier: NotifierPort): Processor<PayloadOf<'send-notification'>> {
  return {
    run: async (notification, { journal }) => {
      await journal.step('post-message', { act: (guard) => notifier.post(notification, guard) });
    },
    giveUp: async ({ event_id, channel, text }, _error, { log }) => {
      log.error('A message could not be sent', { event_id, channel, text });
    },
  };
}
