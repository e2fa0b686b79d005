import Joi from 'joi';
import { etcdVariables, type EtcdConfig } from '@quartermaster/discovery';
import {
  ConfigError,
  durationVariable,
  listVariable,
  loadConfig,
  processVariables,
  secretVariable,
  type Environment,
  type ProcessConfig,
  type Variables,
  webUrlVariable,
} from '@quartermaster/foundation';
import { buildFieldPatterns } from './build-fields.js';
import { redisVariables, withRedisProvider, type RedisConfig } from '@quartermaster/stores';
import { taskVariables, type TaskConfig } from '@quartermaster/tasks';
import { findToken, MINIMUM_LENGTH, parseMetricsToken, parseTokens, SENDABLE, type Token } from './tokens.js';

/** Variables that `web` reads. It has none of the clouds', and no Slack token. */
export const webVariables = {
  ...processVariables,
  ...redisVariables,
  ...taskVariables,
  ...etcdVariables,
  PORT: Joi.number().port().default(5000).description('where web listens'),
  WEB_URL: webUrlVariable,
  HOST: Joi.string().default('0.0.0.0').description('the address that web listens on'),
  WEB_CONCURRENCY: Joi.number()
    .integer()
    .min(1)
    .max(64)
    .default(1)
    .description('processes of web on the one port; each has a connection to Redis and some 80 MB of its own'),
  AUTH_TOKENS: secretVariable(listVariable()).description(
    'comma-separated name:token; tokens of at least 16 characters',
  ),
  AUTH_TOKEN: secretVariable(Joi.string()).description('short for AUTH_TOKENS=default:<token>'),
  ADMIN_TOKENS: listVariable().description(
    'names that may shut down, force, manage accounts, and see metrics and the dashboard; default: the only token, or the one named admin',
  ),
  METRICS_TOKEN: secretVariable(
    Joi.string().min(MINIMUM_LENGTH).pattern(SENDABLE, 'printable ASCII without white space'),
  ).description('a token that opens /metrics and nothing else; an admin token opens it as well'),
  READ_ONLY: Joi.boolean().default(false).description('true refuses every change with 403'),
  DASHBOARD: Joi.boolean()
    .default(false)
    .description('true serves a dashboard of jobs at /admin/queues, for admin tokens; see operations.md'),
  MAX_INSTANCES: Joi.number()
    .integer()
    .min(0)
    .default(500)
    .description('managed instances at most, those on their way included'),
  MAX_INSTANCES_PER_BUILD: Joi.number().integer().min(1).default(20).description('instances of one build at most'),
  ALLOWED_INSTANCE_TYPES: listVariable().description(
    'comma-separated instance types that builds may ask for; any when empty',
  ),
  BUILD_RETENTION: durationVariable('30d', 60_000).description('how long a build is kept after it ended'),
  SLACK_CHANNEL: Joi.string()
    .pattern(buildFieldPatterns.slackChannel, 'a channel name')
    .description('where messages go unless a request says otherwise'),
  CLUSTER_ID: Joi.string()
    .max(256)
    .pattern(buildFieldPatterns.printable, 'printable')
    .description('added as cluster_id to every status update; left out of them when it is not set'),
  DEFAULT_SUBNET_ID: Joi.string()
    .pattern(buildFieldPatterns.subnetId, 'subnet-…')
    .description('subnet of builds that name none'),
  DEFAULT_SECURITY_GROUP_ID: Joi.string()
    .pattern(buildFieldPatterns.securityGroupId, 'sg-…')
    .description('security group of builds that name none; without it each build gets its own'),
  DEFAULT_IAM_INSTANCE_PROFILE: Joi.string()
    .pattern(buildFieldPatterns.iamInstanceProfile, 'the name or ARN of an instance profile')
    .description('instance profile of builds that name none'),
  DEFAULT_KEY_NAME: Joi.string()
    .pattern(buildFieldPatterns.keyName, 'the name of a key pair')
    .description('key pair of builds that name none'),
  DEFAULT_ROOT_VOLUME_GB: Joi.number()
    .integer()
    .min(1)
    .max(16_384)
    .description('root volume size of builds that name none'),
  DISCOVERY_SOCKETS: Joi.number()
    .integer()
    .min(1)
    .default(10_000)
    .description('WebSockets of service discovery that one process of web holds at most'),
  DISCOVERY_SOCKETS_PER_TOKEN: Joi.number()
    .integer()
    .min(1)
    .default(1000)
    .description('of these, the WebSockets of one token'),
  DISCOVERY_PING_INTERVAL: durationVariable('20s', 50).description(
    'how often a WebSocket gets a ping; one that misses two is gone',
  ),
} satisfies Variables;

export interface WebConfig extends ProcessConfig, RedisConfig, TaskConfig, EtcdConfig {
  PORT: number;
  HOST: string;
  WEB_CONCURRENCY: number;
  WEB_URL?: string;
  AUTH_TOKENS: string[];
  AUTH_TOKEN?: string;
  ADMIN_TOKENS: string[];
  METRICS_TOKEN?: string;
  READ_ONLY: boolean;
  DASHBOARD: boolean;
  MAX_INSTANCES: number;
  MAX_INSTANCES_PER_BUILD: number;
  ALLOWED_INSTANCE_TYPES: string[];
  BUILD_RETENTION: number;
  SLACK_CHANNEL?: string;
  CLUSTER_ID?: string;
  DEFAULT_SUBNET_ID?: string;
  DEFAULT_SECURITY_GROUP_ID?: string;
  DEFAULT_IAM_INSTANCE_PROFILE?: string;
  DEFAULT_KEY_NAME?: string;
  DEFAULT_ROOT_VOLUME_GB?: number;
  DISCOVERY_SOCKETS: number;
  DISCOVERY_SOCKETS_PER_TOKEN: number;
  DISCOVERY_PING_INTERVAL: number;
}

/** Reads the configuration of `web`, tokens parsed. Throws a `ConfigError` that names everything that is wrong. */
export function loadWebConfig(environment: Environment): {
  config: WebConfig;
  tokens: Token[];
  metricsToken: Token | undefined;
} {
  const problems: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const config = attempt(() => loadConfig<WebConfig>(webVariables, withRedisProvider(environment)));
  const tokens = attempt(() => parseTokens(environment));
  const metricsToken = config && parseMetricsToken(config.METRICS_TOKEN);
  if (config?.METRICS_TOKEN !== undefined && findToken(tokens ?? [], config.METRICS_TOKEN) !== undefined) {
    problems.push('METRICS_TOKEN must be a token of its own, none of AUTH_TOKENS');
  }
  if (config === undefined || tokens === undefined || problems.length > 0) throw new ConfigError(problems);
  return { config, tokens, metricsToken };
}
