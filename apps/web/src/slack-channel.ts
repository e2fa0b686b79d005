import Joi from 'joi';
import type { ApiRequest } from './api.js';
import { buildFieldPatterns } from './build-fields.js';
import { validateQuery } from './validate.js';

const schema = Joi.object<{ 'slack-channel'?: string }>({
  'slack-channel': Joi.string().pattern(buildFieldPatterns.slackChannel, 'a channel name').empty(''),
});

/** The query parameter `slack-channel`. */
export function channelQuery(request: ApiRequest): string | undefined {
  return validateQuery(schema, request.query)['slack-channel'];
}
