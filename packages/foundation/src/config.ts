import Joi from 'joi';
import { formatDuration, parseDuration } from './duration.js';
import { plainMessages } from './plain-messages.js';

/** The environment as a process got it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variable name → what it must be. Descriptions in it become `docs/configuration.md`. */
export type Variables = Record<string, Joi.Schema>;

/** Thrown when the environment is not usable: one line for each bad variable. Values of secrets are never in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/** A duration variable (`30s`, `30m`, `1h`, `30d`; a bare number counts seconds), parsed to milliseconds. */
export function durationVariable(defaultText: string, minimumMs = 1): Joi.Schema<number> {
  return Joi.any()
    .custom((value: unknown) => {
      const ms = parseDuration(String(value));
      if (ms === undefined || ms < minimumMs) throw new Error('not a duration');
      return ms;
    })
    .default(parseDuration(defaultText))
    .messages({ 'any.custom': `{{#label}} must be a duration like 30s, 30m, 1h or 30d${atLeast(minimumMs)}` })
    .meta({ shownDefault: defaultText });
}

function atLeast(minimumMs: number): string {
  if (minimumMs <= 1) return '';
  return `, of at least ${minimumMs < 1000 ? `${minimumMs} ms` : formatDuration(minimumMs)}`;
}

/** A comma-separated list variable, parsed to an array without empty entries. */
export function listVariable(defaultText = ''): Joi.Schema<string[]> {
  const split = (text: string): string[] =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  return Joi.any()
    .custom((value: unknown) => split(String(value)))
    .default(split(defaultText))
    .meta({ shownDefault: defaultText });
}

/** Marks a variable's value as one that no log, answer or error may show. */
export function secretVariable<T extends Joi.Schema>(schema: T): T {
  return schema.meta({ secret: true }) as T;
}

export function isSecret(schema: Joi.Schema): boolean {
  return metaOf(schema).some((meta) => meta['secret'] === true);
}

/** What documentation shows as the default of a variable, if it has one. */
export function shownDefault(schema: Joi.Schema): string | undefined {
  const shown = metaOf(schema).find((meta) => 'shownDefault' in meta)?.['shownDefault'];
  if (typeof shown === 'string') return shown === '' ? undefined : shown;
  const { flags } = schema.describe() as { flags?: { default?: unknown } };
  return flags?.default === undefined ? undefined : JSON.stringify(flags.default).replaceAll(`"`, ``);
}

/**
 * Reads the variables out of an environment. An empty value counts as not set, as Heroku and compose files write it.
 * Throws one `ConfigError` that names every bad variable with what it should be.
 */
export function loadConfig<T>(variables: Variables, environment: Environment): T {
  const given = Object.fromEntries(
    Object.keys(variables).flatMap((name) => {
      const value = environment[name];
      return value === undefined || value.trim() === '' ? [] : [[name, value]];
    }),
  );
  const { error, value } = Joi.object(variables).validate(given, {
    abortEarly: false,
    errors: { wrap: { label: false } },
    messages: plainMessages,
  });
  if (!error) return value as T;
  throw new ConfigError(
    error.details.map((detail) => {
      const name = String(detail.path[0] ?? '');
      const description = (variables[name]?.describe() as { flags?: { description?: string } } | undefined)?.flags
        ?.description;
      return description === undefined ? detail.message : `${detail.message}. ${name}: ${description}`;
    }),
  );
}

/** Every secret value in a configuration, for the redactor. Lists come part by part; of URLs also the password. */
export function secretValues(variables: Variables, config: object): string[] {
  const values = Object.entries(config as Record<string, unknown>)
    .filter(([name]) => variables[name] !== undefined && isSecret(variables[name]))
    .flatMap(([, value]) => (Array.isArray(value) ? value.map(String) : [String(value)]))
    .flatMap((value) => [value, ...urlCredentials(value)]);
  return [...new Set(values)].filter((value) => value.length >= 8);
}

/** The password of a URL, or its user where that is all there is (Sentry's key), as it stands there and as it is meant. */
function urlCredentials(value: string): string[] {
  const [, user = '', password = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/\s:@]*):?([^/\s@]*)@/i.exec(value) ?? [];
  const secret = password === '' ? user : password;
  try {
    return [secret, decodeURIComponent(secret)];
  } catch {
    return [secret];
  }
}

function metaOf(schema: Joi.Schema): Record<string, unknown>[] {
  return (schema.describe() as { metas?: Record<string, unknown>[] }).metas ?? [];
}

/** The address under which instances, people and Slack reach `web`; clear-text http is for loopback hosts only. */
export const webUrlVariable = Joi.string()
  .uri({ scheme: ['http', 'https'] })
  .custom((value: string) => {
    const { protocol, hostname, username, search, hash } = new URL(value);
    if (username !== '' || search !== '' || hash !== '') throw new Error('too much');
    const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
    if (protocol === 'http:' && !isLoopback) throw new Error('not https');
    return value.replace(/\/+$/, '');
  })
  .messages({
    'any.custom': '{{#label}} must be an https URL without user, query and fragment (http only for loopback hosts)',
  })
  .description('the address under which instances, people and Slack reach web');

/** Variables that every process has. */
export const processVariables = {
  LOG_LEVEL: Joi.string()
    .valid('debug', 'info', 'warn', 'error', 'fatal')
    .default('info')
    .description('the least severe log line written'),
  LOG_FORMAT: Joi.string().valid('json', 'pretty').default('json').description('json for machines, pretty for people'),
  SENTRY_DSN: secretVariable(Joi.string().uri({ scheme: ['http', 'https'] })).description(
    'where unexpected errors are reported',
  ),
  INSTALL_ID: Joi.string()
    .pattern(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, dot, dash, underscore; 63 at most')
    .default('quartermaster')
    .description('tells this installation apart from others in the same account; tagged on everything it makes'),
} satisfies Variables;

export interface ProcessConfig {
  LOG_LEVEL: 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  LOG_FORMAT: 'json' | 'pretty';
  SENTRY_DSN?: string;
  INSTALL_ID: string;
}

/** AWSuper's names for the AWS SDK's variables, its spelling kept. */
const AWS_ALIASES = {
  ACCESS_KEY_ID: 'AWS_ACCESS_KEY_ID',
  SECRET_ACESS_KEY: 'AWS_SECRET_ACCESS_KEY',
  REGION: 'AWS_REGION',
} as const;

/** What the aliases add to an environment: the SDK's own variables, where those are not set. */
export function withAwsAliases(environment: Environment): Record<string, string> {
  const added = Object.entries(AWS_ALIASES).flatMap(([alias, name]) => {
    const value = environment[alias];
    return value === undefined || value === '' || environment[name] ? [] : [[name, value] as const];
  });
  return Object.fromEntries(added);
}
