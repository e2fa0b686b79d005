import Joi from 'joi';
import { secretVariable, type Environment, type Variables } from '@quartermaster/foundation';

/** Variables that say where Redis is; every process has them. */
export const redisVariables = {
  REDIS_URL: secretVariable(
    Joi.string()
      .uri({ scheme: ['redis', 'rediss'] })
      .required()
      .messages({ 'string.uriCustomScheme': '{{#label}} must be a redis:// or rediss:// URL' }),
  ).description('redis:// or rediss:// URL of a Redis with appendonly and noeviction'),
  REDIS_PROVIDER: Joi.string()
    .pattern(/^[A-Z][A-Z0-9_]*$/, 'the name of a variable')
    .description('name of the variable that holds the Redis URL, for add-ons that choose it themselves'),
  REDIS_PREFIX: Joi.string()
    .pattern(/^[A-Za-z0-9_-]{1,32}$/, 'letters, digits, _ and -; 32 at most')
    .default('qm')
    .description('what every key begins with'),
  REDIS_TLS_REJECT_UNAUTHORIZED: Joi.boolean()
    .default(true)
    .description('false accepts a self-signed certificate chain, as Heroku Redis has'),
} satisfies Variables;

export interface RedisConfig {
  REDIS_URL: string;
  REDIS_PREFIX: string;
  REDIS_TLS_REJECT_UNAUTHORIZED: boolean;
}

/** The environment with `REDIS_URL` taken from the variable that `REDIS_PROVIDER` names, where it names one. */
export function withRedisProvider(environment: Environment): Environment {
  const provider = environment['REDIS_PROVIDER'];
  if (provider === undefined || provider.trim() === '') return environment;
  return { ...environment, REDIS_URL: environment[provider.trim()] };
}
