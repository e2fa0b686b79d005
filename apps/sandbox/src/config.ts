import Joi from 'joi';
import { listVariable, processVariables, secretVariable, type Variables } from '@quartermaster/foundation';

const milliseconds = (standard: number): Joi.NumberSchema => Joi.number().integer().min(0).default(standard);

/** What the sandbox reads from its environment. Times are in milliseconds: tests want them far below a second. */
export const sandboxVariables = {
  LOG_LEVEL: processVariables.LOG_LEVEL,
  LOG_FORMAT: processVariables.LOG_FORMAT,
  SANDBOX_PORT: Joi.number().port().default(5050).description('port on 127.0.0.1; 0 takes any free one'),
  SANDBOX_REGION: Joi.string()
    .pattern(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region like us-east-1')
    .default('us-east-1')
    .description('the one region that is played; requests signed for another are refused'),
  SANDBOX_ACCESS_KEY_ID: Joi.string().default('sandbox').description('the only access key that EC2 and OpsWorks know'),
  SANDBOX_SECRET_ACCESS_KEY: secretVariable(Joi.string().default('sandbox-secret')).description('its secret'),
  SANDBOX_SLACK_TOKEN: secretVariable(Joi.string().default('xoxb-sandbox-token')).description(
    'the only token that Slack knows',
  ),
  SANDBOX_SLACK_UNKNOWN_CHANNELS: listVariable('nosuch').description('channels that Slack does not have'),
  SANDBOX_BOOT_MS: milliseconds(1000).description('pending to running'),
  SANDBOX_CLOUD_INIT_MS: milliseconds(1000).description('running to the first action of cloud-init'),
  SANDBOX_CLOUD_INIT: Joi.string().valid('on', 'off').default('on').description('off: no instance plays cloud-init'),
  SANDBOX_CLOUD_INIT_RETRY_MS: milliseconds(60_000).description('how long cloud-init tries to reach the web process'),
  SANDBOX_SHUTDOWN_MS: milliseconds(2000).description('shutting-down to terminated'),
  SANDBOX_STOP_MS: milliseconds(2000).description('stopping to stopped'),
  SANDBOX_CHECKS_MS: milliseconds(2000).description('running to status checks that are ok'),
  SANDBOX_SETUP_MS: milliseconds(1000).description('running_setup to online, in OpsWorks'),
  SANDBOX_INTERFACE_LINGER_MS: milliseconds(2000).description(
    'how long after terminated an interface still holds its address and security groups',
  ),
  SANDBOX_TERMINATED_VISIBLE_MS: milliseconds(3_600_000).description('how long terminated instances are described'),
  SANDBOX_INSTANCE_LIMIT: Joi.number()
    .integer()
    .min(1)
    .default(20_000)
    .description('instances that the account may have'),
  SANDBOX_DEFAULT_VPC: Joi.string().valid('on', 'off').default('on').description('off: the account has no default VPC'),
  SANDBOX_ROUTE53_INSYNC_MS: milliseconds(2000).description('PENDING to INSYNC, of a change in Route 53'),
  SANDBOX_ROUTE53_PROCESS_MS: milliseconds(0).description(
    'how long Route 53 works on a change before it answers; a zone takes no other meanwhile',
  ),
  SANDBOX_KUBERNETES_NAMESPACES: listVariable('default,couchdb').description('namespaces that Kubernetes has'),
  SANDBOX_KUBERNETES_TOKEN: secretVariable(Joi.string()).description(
    'the only bearer token that Kubernetes knows; unset, it asks for none',
  ),
  SANDBOX_KUBERNETES_SCHEDULE_MS: milliseconds(200).description('a new pod to its being taken by the node'),
  SANDBOX_KUBERNETES_BACKOFF_MS: milliseconds(1000).description(
    'the wait before a container that crashes again is started anew; each is twice as long as the one before',
  ),
  SANDBOX_STACKS: Joi.string()
    .valid('on', 'off')
    .default('off')
    .description('on: stacks with layers and instances, as OpsWorks left them, are there at the start'),
  SANDBOX_THROTTLE: Joi.string()
    .valid('on', 'off')
    .default('off')
    .description('on: EC2 takes no more requests than AWS does'),
  SANDBOX_SEED: Joi.number()
    .integer()
    .min(0)
    .default(1)
    .description('makes the seeded fleet and random faults repeatable'),
} satisfies Variables;

export interface SandboxConfig {
  readonly LOG_LEVEL: 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly LOG_FORMAT: 'json' | 'pretty';
  readonly SANDBOX_PORT: number;
  readonly SANDBOX_REGION: string;
  readonly SANDBOX_ACCESS_KEY_ID: string;
  readonly SANDBOX_SECRET_ACCESS_KEY: string;
  readonly SANDBOX_SLACK_TOKEN: string;
  readonly SANDBOX_SLACK_UNKNOWN_CHANNELS: readonly string[];
  readonly SANDBOX_BOOT_MS: number;
  readonly SANDBOX_CLOUD_INIT_MS: number;
  readonly SANDBOX_CLOUD_INIT: 'on' | 'off';
  readonly SANDBOX_CLOUD_INIT_RETRY_MS: number;
  readonly SANDBOX_SHUTDOWN_MS: number;
  readonly SANDBOX_STOP_MS: number;
  readonly SANDBOX_CHECKS_MS: number;
  readonly SANDBOX_SETUP_MS: number;
  readonly SANDBOX_INTERFACE_LINGER_MS: number;
  readonly SANDBOX_TERMINATED_VISIBLE_MS: number;
  readonly SANDBOX_INSTANCE_LIMIT: number;
  readonly SANDBOX_DEFAULT_VPC: 'on' | 'off';
  readonly SANDBOX_ROUTE53_INSYNC_MS: number;
  readonly SANDBOX_ROUTE53_PROCESS_MS: number;
  readonly SANDBOX_KUBERNETES_NAMESPACES: readonly string[];
  readonly SANDBOX_KUBERNETES_TOKEN?: string;
  readonly SANDBOX_KUBERNETES_SCHEDULE_MS: number;
  readonly SANDBOX_KUBERNETES_BACKOFF_MS: number;
  readonly SANDBOX_STACKS: 'on' | 'off';
  readonly SANDBOX_THROTTLE: 'on' | 'off';
  readonly SANDBOX_SEED: number;
}
