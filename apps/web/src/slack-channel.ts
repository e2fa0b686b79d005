import Joi from 'joi';
import type { ApiRequest } from './api.js';
import { buildFieldPatterns } from './build-fields.js';
import { validateQuery } from './validate.js';

/** Checks the query parameter `slack-channel`. */
export const channelQuerySchema = Joi.object<{ 'slack-channel'?: string }>({
  'slack-channel': Joi.string()
    .pattern(buildFieldPatterns.slackChannel, 'a channel name')
    .empty('')
    .description('where Slack is told of it'),
});

/** The query parameter `slack-channel`. */
export function channelQuery(request: ApiRequest): string | undefined {
  return validateQuery(channelQuerySchema, request.query)['slack-channel'];
}
