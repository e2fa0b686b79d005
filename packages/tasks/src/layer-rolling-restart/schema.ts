import Joi from 'joi';
import type { RestartSent } from './fields.js';
import { parseTimeout, parseWindow, TIMEOUT_FORM, WINDOW_FORM } from './limits.js';

const name = Joi.string().trim().min(1).max(255);
const MOST_FAILURES = 1000;

const windowField = Joi.any()
  .custom((sent: unknown, { error }) => parseWindow(sent) ?? error('restart.window'))
  .messages({ 'restart.window': `{{#label}} must be ${WINDOW_FORM}` });

const timeoutField = Joi.alternatives(Joi.number().strict(), Joi.string().trim())
  .custom((sent: unknown, { error }) => (parseTimeout(sent) === undefined ? error('restart.timeout') : sent))
  .messages({
    'restart.timeout': `{{#label}} must be ${TIMEOUT_FORM}`,
    'alternatives.types': `{{#label}} must be ${TIMEOUT_FORM}`,
  });

/** AWSuper's command line says `stackName` and `layerName`, its server `stack` and `layer`. */
export const restartSchema = Joi.object<RestartSent>({
  stack: name.required(),
  layer: name.required(),
  window: windowField.default(1),
  timeout: timeoutField.default('20m'),
  max_failures: Joi.number().integer().min(0).max(MOST_FAILURES).default(0),
  plan: Joi.boolean().default(false),
  // No more than a body can hold; a resumption sends as many as were left.
  instances: Joi.array().items(name).single().min(1).unique(),
})
  .rename('stackName', 'stack')
  .rename('layerName', 'layer')
  .messages({ 'object.rename.override': '{{#from}} and {{#to}} are the same field: send one of them' });
