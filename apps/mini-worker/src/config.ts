import { couchdbVariables, type CouchdbConfig } from '@quartermaster/couchdb';
import Joi from 'joi';
import {
  durationVariable,
  loadConfig,
  processVariables,
  type Environment,
  type ProcessConfig,
  type Variables,
} from '@quartermaster/foundation';
import { stackVariables, type StackConfig } from '@quartermaster/stacks';
import { redisVariables, withRedisProvider, type RedisConfig } from '@quartermaster/stores';

/** Variables that the mini-worker reads besides the AWS SDK's own. */
export const miniWorkerVariables = {
  ...processVariables,
  ...redisVariables,
  ...stackVariables,
  ...couchdbVariables,
  AWS_REGION: Joi.string()
    .pattern(/^[a-z]{2,}(-[a-z]+)+-\d+$/, 'a region like us-east-1')
    .required()
    .description('the region of the instances; the AWS SDK reads it, as it does its other variables'),
  MINI_WORKER_INTERVAL: durationVariable('30s', 100).description('the pause between two rounds of chores'),
  BUILD_RETENTION: durationVariable('30d', 60_000).description('how long a build is kept after it ended'),
} satisfies Variables;

export interface MiniWorkerConfig extends ProcessConfig, RedisConfig, StackConfig, CouchdbConfig {
  AWS_REGION: string;
  MINI_WORKER_INTERVAL: number;
  BUILD_RETENTION: number;
}

export function loadMiniWorkerConfig(environment: Environment): MiniWorkerConfig {
  return loadConfig<MiniWorkerConfig>(miniWorkerVariables, withRedisProvider(environment));
}
