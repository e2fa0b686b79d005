import Joi from 'joi';
import {
  DEFAULT_TTL,
  parseHostname,
  parseWish,
  RECORD_TYPES,
  type PlacedWish,
  type WishFields,
  type Zone,
} from '@quartermaster/dns';
import { AppError, type Problem } from '@quartermaster/foundation';
import type { ApiRequest } from './api.js';
import { adminOnly } from './authenticate.js';
import { parseJson } from './body.js';
import { buildFieldPatterns } from './build-fields.js';
import { validateBody, validateQuery } from './validate.js';

/** A request for a record, its body read. */
export interface RecordRequest extends PlacedWish {
  readonly slackChannel: string | undefined;
}

const text = { swagger: { type: 'string' } } as const;

/** `WishFields` are `parseWish`'s to judge; here it is only seen that there are no others. */
export const sentRecordSchema = Joi.object<WishFields & { slack_channel?: string }>({
  hostname: Joi.any().description('required where the path does not name it').meta(text),
  ip_address: Joi.any().description('the value, required: an address, or what the type asks for').meta(text),
  port: Joi.any()
    .description('of SRV')
    .meta({ swagger: { type: 'integer', minimum: 1, maximum: 65_535 } }),
  type: Joi.any()
    .description('A or, in a private zone and with a port, SRV by default')
    .meta({ swagger: { type: 'string', enum: ['', ...RECORD_TYPES] } }),
  ttl: Joi.any()
    .description(`seconds, ${DEFAULT_TTL} by default`)
    .meta({ swagger: { type: 'integer', minimum: 0 } }),
  zone: Joi.any().description("a zone's name or id; by default the longest that the host name ends in").meta(text),
  slack_channel: Joi.string().pattern(buildFieldPatterns.slackChannel, 'a channel name').empty(''),
});
/** Checks the query parameter `force`. */
export const forceQuery = Joi.object<{ force: boolean }>({
  force: Joi.boolean().default(false).description('also over what somebody else has changed or made; for admins'),
});

/**
 * The record that a body asks for and the zone it belongs to. `complete` adds what the request says elsewhere (the path).
 * Throws `invalid` with every problem at once, or `unprocessable` where no zone holds the name.
 */
export function parseRecordRequest(
  body: Buffer,
  zones: readonly Zone[],
  complete: (fields: WishFields) => WishFields = (fields) => fields,
): RecordRequest {
  const json = parseJson(body);
  const problems: Problem[] = [];
  const sent = collect(problems, () => validateBody(sentRecordSchema, json));
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw invalid(problems);
  const placed = collect(problems, () => parseWish(complete(json), zones));
  if (sent === undefined || placed === undefined) throw invalid(problems);
  return { ...placed, slackChannel: sent.slack_channel };
}

/** What `read` gives, or its problems. Throws what is no problem of the form. */
function collect<T>(problems: Problem[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'invalid') {
      if (problems.length === 0) throw error;
      return undefined;
    }
    problems.push(...error.problems);
    return undefined;
  }
}

function invalid(problems: readonly Problem[]): AppError {
  return new AppError('invalid', 'invalid-record', problems.map(({ detail }) => detail).join(' '), { problems });
}

/** Whether `?force=true` was asked for. Throws 403 where the caller may not. */
export function readForce(request: ApiRequest): boolean {
  const { force } = validateQuery(forceQuery, request.query);
  if (force && !request.caller.isAdmin) throw adminOnly();
  return force;
}

/** Whether a body's host name is the one that the path has named, however it is spelled. */
export function isSameHostname(field: unknown, hostname: string): boolean {
  const parsed = typeof field === 'string' ? parseHostname(field) : undefined;
  return parsed !== undefined && 'hostname' in parsed && parsed.hostname === hostname;
}

/** The host name that the path names, as the house spells it. Throws 400 with what is wrong. */
export function pathHostname({ params }: Pick<ApiRequest, 'params'>): string {
  const parsed = parseHostname(params['hostname'] ?? '');
  if ('hostname' in parsed) return parsed.hostname;
  throw new AppError('invalid', 'invalid-hostname', parsed.problem);
}
