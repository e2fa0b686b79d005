import type { DnsPort } from '@quartermaster/dns';
import { createRoute53Dns } from '@quartermaster/dns/aws';
import type { EffectGuard, Logger } from '@quartermaster/foundation';
import { createEc2, type Ec2 } from '@quartermaster/instances/aws';
import type { Notification, NotifierPort, StatusReceiver } from '@quartermaster/notifications';
import { createHttpStatusReceiver } from '@quartermaster/notifications/http';
import { createSlackNotifier } from '@quartermaster/notifications/slack';
import type { WorkerConfig } from './config.js';

/** The ports of this process, each made real. */
export interface Clouds {
  readonly ec2: Ec2;
  readonly dns: DnsPort;
  readonly notifier: NotifierPort;
  /** Missing where status updates are recorded only. */
  readonly statusReceiver: StatusReceiver | undefined;
}

export function connectClouds(config: WorkerConfig, log: Logger): Clouds {
  return {
    ec2: createEc2({ installId: config.INSTALL_ID }),
    dns: createRoute53Dns(),
    notifier:
      config.SLACK_TOKEN === undefined
        ? createLogNotifier(log)
        : createSlackNotifier({
            token: config.SLACK_TOKEN,
            ...(config.SLACK_API_URL === undefined ? {} : { apiUrl: config.SLACK_API_URL }),
          }),
    statusReceiver:
      config.STATUS_FORWARD_URL === undefined
        ? undefined
        : createHttpStatusReceiver({
            url: config.STATUS_FORWARD_URL,
            ...(config.STATUS_FORWARD_TOKEN === undefined ? {} : { token: config.STATUS_FORWARD_TOKEN }),
            timeoutMs: config.STATUS_FORWARD_TIMEOUT,
          }),
  };
}

/** Without a Slack token nothing is lost in silence: the log has it. */
function createLogNotifier(log: Logger): NotifierPort {
  return {
    post: async ({ event_id, channel, text }: Notification, _guard: EffectGuard) => {
      log.info('No SLACK_TOKEN is set; this message goes to the log', { event_id, channel, text });
    },
  };
}
