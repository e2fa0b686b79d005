import { kubernetesSettings, type ClusterHost, type CouchPort } from '@quartermaster/couchdb';
import { createHttpCouch } from '@quartermaster/couchdb/http';
import type { DnsPort } from '@quartermaster/dns';
import { createRoute53Dns } from '@quartermaster/dns/aws';
import type { EffectGuard, Logger } from '@quartermaster/foundation';
import { createEc2, type Ec2 } from '@quartermaster/instances/aws';
import type { Notification, NotifierPort, StatusReceiver } from '@quartermaster/notifications';
import { createHttpStatusReceiver } from '@quartermaster/notifications/http';
import { createSlackNotifier } from '@quartermaster/notifications/slack';
import type { StackSource } from '@quartermaster/stacks';
import { createStacks } from '@quartermaster/stacks/aws';
import { createAwsClients, type AwsClients } from '@quartermaster/tasks/aws';
import type { WorkerConfig } from './config.js';

/** The ports of this process, each made real. */
export interface Clouds {
  readonly ec2: Ec2;
  readonly dns: DnsPort;
  readonly stacks: StackSource;
  /** For tasks that need what the ports do not have. */
  readonly aws: AwsClients;
  /** Loads Kubernetes' client when it is asked for first: a third of a second and 40 MB, for nothing where there are no clusters. */
  readonly clusters: ClusterHost;
  readonly couch: CouchPort;
  readonly notifier: NotifierPort;
  /** Missing where status updates are recorded only. */
  readonly statusReceiver: StatusReceiver | undefined;
  /** Closes idle connections. */
  close(): void;
}

export function connectClouds(config: WorkerConfig, log: Logger): Clouds {
  const ec2 = createEc2({ installId: config.INSTALL_ID });
  const stacks = createStacks(config.STACKS_SOURCE, config.AWS_REGION);
  const aws = createAwsClients();
  const dns = createRoute53Dns();
  const couch = createHttpCouch();
  let clusters: ClusterHost | undefined;
  return {
    get clusters() {
      return (clusters ??= connectKubernetes(config));
    },
    couch,
    ec2,
    dns,
    stacks,
    aws,
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
    close: () => {
      ec2.close();
      dns.close();
      stacks.close();
      aws.close();
      couch.close();
      clusters?.close();
    },
  };
}

function connectKubernetes(config: WorkerConfig): ClusterHost {
  const adapter = require('@quartermaster/couchdb/kubernetes') as typeof import('@quartermaster/couchdb/kubernetes');
  return adapter.createKubernetesHost(kubernetesSettings(config));
}

/** Without a Slack token nothing is lost in silence: the log has it. */
function createLogNotifier(log: Logger): NotifierPort {
  return {
    post: async ({ event_id, channel, text }: Notification, _guard: EffectGuard) => {
      log.info('No SLACK_TOKEN is set; this message goes to the log', { event_id, channel, text });
    },
  };
}
