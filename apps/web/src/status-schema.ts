import Joi from 'joi';
import { buildFieldPatterns } from './build-fields.js';

/** panda-kick's words for what a service can say of itself. */
export const STATUSES = ['starting', 'running', 'failed', 'shutting_down', 'stopped'] as const;

/** `POST /status`, as it is sent. */
export interface SentStatus {
  service: string;
  application_id: string;
  deployment_id: string;
  status: (typeof STATUSES)[number];
  detail?: string | object;
}

const SERVICE_NAME = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;
/** How deep a detail may nest: what handles it further on (JSON included) goes by recursion. */
const MAX_DEPTH = 32;

const id = Joi.string().max(256).pattern(buildFieldPatterns.printable, 'printable').required();

export const sentStatusSchema = Joi.object<SentStatus, true>({
  service: Joi.string()
    .pattern(SERVICE_NAME, 'letters, digits and . _ : @ -, beginning with a letter or digit, 128 at most')
    .required(),
  application_id: id,
  deployment_id: id,
  status: Joi.string()
    .valid(...STATUSES)
    .required(),
  detail: Joi.alternatives(
    Joi.string().allow(''),
    Joi.object()
      .custom((detail: object) => {
        if (isDeeper(detail, MAX_DEPTH)) throw new Error('too deep');
        return detail;
      })
      .meta({ swagger: { additionalProperties: true } }),
  )
    // A client that always sends the field.
    .empty(null)
    .messages({
      'alternatives.types': '{{#label}} must be a string or an object',
      'any.custom': `{{#label}} must not nest deeper than ${MAX_DEPTH}`,
    }),
})
  .required()
  .label('body');

/** Without recursion: it may nest as deep as a body is long. */
function isDeeper(value: object, limit: number): boolean {
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((one) => Object.values(one).filter((entry) => typeof entry === 'object' && entry !== null));
  }
  return false;
}

export function isServiceName(text: string): boolean {
  return SERVICE_NAME.test(text);
}
