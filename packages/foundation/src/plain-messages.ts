/** Joi's messages in words that say what a value should be; for configurations and requests alike. */
export const plainMessages = {
  'any.required': '{{#label}} is missing',
  'boolean.base': '{{#label}} must be true or false',
  'string.min': '{{#label}} must have {{#limit}} characters or more',
  'string.pattern.name': '{{#label}} must be {{#name}}',
  'string.pattern.base': '{{#label}} has not the form that it should have',
} as const;
