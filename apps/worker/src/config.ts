import Joi from 'joi';
import { couchdbVariables, type CouchdbConfig } from '@quartermaster/couchdb';
import {
  durationVariable,
  isCidr,
  listVariable,
  loadConfig,
  processVariables,
  secretVariable,
  webUrlVariable,
  type Environment,
  type ProcessConfig,
  type Variables,
} from '@quartermaster/foundation';
import { QUEUES, type QueueName } from '@quartermaster/jobs';
import { stackVariables, type StackConfig } from '@quartermaster/stacks';
import { redisVariables, ROUTE53_PER_SECOND, withRedisProvider, type RedisConfig } from '@quartermaster/stores';
import { taskVariables, type TaskConfig } from '@quartermaster/tasks';

const DEFAULT_CONCURRENCY = 10;
/** What has no route from the Internet: RFC 1918. */
const PRIVATE_RANGES = '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16';

/** `instance-builds:10,notifications` as queue → concurrency; every queue when empty. */
const queuesVariable = Joi.any()
  .custom((value: unknown) => {
    const entries = String(value)
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
      .map((entry) => {
        const [name, concurrency = String(DEFAULT_CONCURRENCY)] = entry.split(':');
        if (!QUEUES.some((queue) => queue === name))
          throw new Error(`${name} is no queue; they are ${QUEUES.join(', ')}`);
        if (!/^[1-9]\d{0,3}$/.test(concurrency)) throw new Error(`${entry} must be queue:concurrency, 1 to 9999`);
        return [name as QueueName, Number(concurrency)] as const;
      });
    return new Map(entries);
  })
  .default(() => new Map(QUEUES.map((queue) => [queue, DEFAULT_CONCURRENCY] as const)))
  .messages({
    'any.custom': '{{#label}} must be queue:concurrency, comma-separated: {{#error.message}}',
  })
  .meta({ shownDefault: `all queues, ${DEFAULT_CONCURRENCY} jobs each at once` });

/** An address for `fetch`, whose user and password must be decodable. */
const forwardUrlVariable = Joi.string()
  .custom((value: string) => {
    const { protocol, username, password } = new URL(value);
    if (protocol !== 'http:' && protocol !== 'https:') throw new Error('no http');
    decodeURIComponent(username + password);
    return value;
  })
  .messages({ 'any.custom': '{{#label}} must be an http or https address' });

/** Variables that a worker reads besides the AWS SDK's own. */
export const workerVariables = {
  ...processVariables,
  ...redisVariables,
  ...stackVariables,
  WEB_URL: webUrlVariable.required(),
  AWS_REGION: Joi.string()
    .pattern(/^[a-z]{2,}(-[a-z]+)+-\d+$/, 'a region like us-east-1')
    .required()
    .description('the region of the instances; the AWS SDK reads it, as it does its other variables'),
  WORKER_QUEUES: queuesVariable.description('queues that this worker serves, and how many jobs of each at once'),
  INIT_SCRIPT_KEY: secretVariable(Joi.string().min(32).required()).description(
    "at least 32 characters from which each build's credential is derived; for workers only",
  ),
  INIT_SCRIPT_TEMPLATE: secretVariable(Joi.string()).description(
    'LiquidJS template of init scripts, plain or gzip in base64',
  ),
  INIT_SCRIPT_TTL: durationVariable('1h', 1000).description('how long an init script can be fetched'),
  INSTANCE_RSA: secretVariable(Joi.string()).description('private key that init scripts may place on an instance'),
  INSTANCE_YML: secretVariable(Joi.string()).description('configuration that init scripts may place on an instance'),
  SSH_INGRESS_CIDRS: listVariable(PRIVATE_RANGES)
    .custom((cidrs: string[]) => {
      if (!cidrs.every(isCidr)) throw new Error('no CIDR');
      return cidrs;
    })
    .messages({ 'any.custom': '{{#label}} must be ranges like 10.0.0.0/8, comma-separated' })
    .description('who may reach port 22 of built instances'),
  BUILD_REPORT_TIMEOUT: durationVariable('30m', 100).description(
    'after this an instance that has not reported is named in Slack',
  ),
  BUILD_RETENTION: durationVariable('30d', 60_000).description('how long a build is kept after it ended'),
  ...taskVariables,
  TASK_POLL: durationVariable('5s', 10).description(
    'how long tasks wait between two looks at what takes its time, e.g. an instance that stops',
  ),
  SLACK_TOKEN: secretVariable(Joi.string()).description(
    'token of the Slack app; without it messages go to the log only',
  ),
  SLACK_CHANNEL: Joi.string()
    .pattern(/^[#@]?[A-Za-z0-9._-]{1,80}$/, 'a channel name')
    .description('where messages go unless a request says otherwise'),
  SLACK_API_URL: Joi.string()
    .uri({ scheme: ['http', 'https'] })
    .description("Slack's own unless set"),
  ROUTE53_REQUESTS_PER_SECOND: Joi.number()
    .integer()
    .min(1)
    .max(100)
    .default(ROUTE53_PER_SECOND)
    .description("requests to Route 53 in any second, over all workers; an account's limit is 5, for everything in it"),
  STATUS_FORWARD_URL: secretVariable(forwardUrlVariable).description(
    'where status updates are forwarded to, http or https; a user and password in it are sent as HTTP Basic; without it they are recorded only',
  ),
  STATUS_FORWARD_TOKEN: secretVariable(
    Joi.string().pattern(/^[\x21-\x7e]+$/, 'printable characters, no spaces'),
  ).description('sent to STATUS_FORWARD_URL as Authorization: Bearer, instead of a user and password'),
  STATUS_FORWARD_TIMEOUT: durationVariable('10s', 50).description(
    'how long one try to forward a status update may take',
  ),
  STATUS_FORWARD_MAX_BACKOFF: durationVariable('5m', 1).description(
    'the longest pause between two tries to forward what a service reported; the first is JOB_BACKOFF, and it doubles',
  ),
  STATUS_FORWARD_GIVE_UP: durationVariable('24h', 50).description(
    'how long after its acceptance a status update is tried to be forwarded',
  ),
  ...couchdbVariables,
  COUCHDB_READY_TIMEOUT: durationVariable('10m', 100).description(
    'how long nodes of a CouchDB cluster may take to become ready before an operation on it fails',
  ),
  COUCHDB_REACH_TIMEOUT: durationVariable('60s', 100).description(
    "how long a CouchDB node may be out of the worker's reach that Kubernetes calls ready, before an operation fails",
  ),
  JOB_ATTEMPTS: Joi.number()
    .integer()
    .min(1)
    .description('how often a job may fail for want of an answer; each kind of job has its own number'),
  JOB_BACKOFF: durationVariable('1s').description('the first pause between two attempts of a job; it doubles'),
  JOB_MAX_BACKOFF: durationVariable('60s').description('the longest pause between two attempts of a job'),
  JOB_LOCK: durationVariable('10s', 500).description('how long a job stays with a worker that is gone'),
  CANARY_INTERVAL: durationVariable('10s', 50).description(
    'how often a worker proves that it consumes each of its queues; after six failures it ends, to be started anew',
  ),
  CRASH_POINT: Joi.string().description('for tests only: the process kills itself at this point of the journal'),
} satisfies Variables;

export interface WorkerConfig extends ProcessConfig, RedisConfig, StackConfig, TaskConfig, CouchdbConfig {
  WEB_URL: string;
  AWS_REGION: string;
  WORKER_QUEUES: Map<QueueName, number>;
  INIT_SCRIPT_KEY: string;
  INIT_SCRIPT_TEMPLATE?: string;
  INIT_SCRIPT_TTL: number;
  INSTANCE_RSA?: string;
  INSTANCE_YML?: string;
  SSH_INGRESS_CIDRS: string[];
  BUILD_REPORT_TIMEOUT: number;
  BUILD_RETENTION: number;
  TASK_POLL: number;
  SLACK_TOKEN?: string;
  SLACK_CHANNEL?: string;
  SLACK_API_URL?: string;
  ROUTE53_REQUESTS_PER_SECOND: number;
  STATUS_FORWARD_URL?: string;
  STATUS_FORWARD_TOKEN?: string;
  STATUS_FORWARD_TIMEOUT: number;
  STATUS_FORWARD_MAX_BACKOFF: number;
  STATUS_FORWARD_GIVE_UP: number;
  COUCHDB_READY_TIMEOUT: number;
  COUCHDB_REACH_TIMEOUT: number;
  JOB_ATTEMPTS?: number;
  JOB_BACKOFF: number;
  JOB_MAX_BACKOFF: number;
  JOB_LOCK: number;
  CANARY_INTERVAL: number;
  CRASH_POINT?: string;
}

export function loadWorkerConfig(environment: Environment): WorkerConfig {
  return loadConfig<WorkerConfig>(workerVariables, withRedisProvider(environment));
}
