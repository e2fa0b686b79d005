import Joi from 'joi';
import type { CustomEvent } from './message.js';
import { canonicalIp, SERVICE_NAME, SERVICE_NAME_RULE } from './node.js';

/** Services that one socket may follow, or one event go to. */
export const SERVICES_AT_MOST = 100;

const serviceName = Joi.string().pattern(SERVICE_NAME, SERVICE_NAME_RULE);

/** A comma-separated list of services, each once; empty entries are passed over. */
const serviceList = Joi.any()
  .custom((value: unknown, helpers) => {
    const names = [
      ...new Set(
        String(value)
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== ''),
      ),
    ];
    const wrong = names.find((name) => !SERVICE_NAME.test(name));
    if (wrong !== undefined) return helpers.error('services.name', { wrong, rule: SERVICE_NAME_RULE });
    return names.length > SERVICES_AT_MOST ? helpers.error('services.many', { limit: SERVICES_AT_MOST }) : names;
  })
  .messages({
    'services.name': '{{#label}} must be a comma-separated list of services ({{#rule}}), not {{#wrong}}',
    'services.many': '{{#label}} must name {{#limit}} services at most',
    'services.none': '{{#label}} must name a service or more, separated by commas',
  });

const since = Joi.number()
  .integer()
  .min(0)
  .empty('')
  .messages({ '*': '{{#label}} must be the id of a message, a whole number' });

export interface RegisterQuery {
  readonly service: string;
  readonly ip: string;
  readonly port: number;
  /** Services that it follows besides its own. */
  readonly monitor: readonly string[];
  /** The id of the last message that the client has seen. */
  readonly since?: number;
}

/** Query of `WS /etcd/register`. */
export const registerQuerySchema = Joi.object<RegisterQuery>({
  service: serviceName.required(),
  ip: Joi.string()
    .required()
    .custom((value: string, helpers) => canonicalIp(value) ?? helpers.error('ip.form'))
    .messages({ 'ip.form': '{{#label}} must be an IPv4 or IPv6 address' }),
  port: Joi.number().integer().min(1).max(65_535).required().messages({
    'any.required': '{{#label}} is required',
    '*': '{{#label}} must be a port, 1 to 65535',
  }),
  monitor: serviceList.default([]),
  since,
});

export interface MonitorQuery {
  readonly monitor: readonly string[];
  readonly since?: number;
}

/** Query of `WS /etcd/monitor`. */
export const monitorQuerySchema = Joi.object<MonitorQuery>({
  monitor: serviceList
    .required()
    .custom((names: string[], helpers) => (names.length === 0 ? helpers.error('services.none') : names)),
  since,
});

/** Body of `POST /etcd/event`. To nobody is an error of the body as a whole. */
export const eventBodySchema = Joi.object<CustomEvent>({
  event_type: Joi.string().max(256).required(),
  event_body: Joi.any().default(''),
  services: Joi.array().items(serviceName).single().unique().max(SERVICES_AT_MOST).default([]),
  broadcast: Joi.boolean().default(false),
})
  .custom((event: CustomEvent, helpers) =>
    event.broadcast || event.services.length > 0 ? event : helpers.error('event.nobody'),
  )
  .messages({ 'event.nobody': 'The event is for nobody: name services, or set broadcast to true' });
