import { STATUS, TITLE } from '../errors.js';
import { REQUEST_ID } from '../passage.js';
import { LONGEST_WAIT_MS } from '../prefer.js';
import { IDEMPOTENCY_KEY } from '../repeats.js';
import type { ErrorKind } from '@quartermaster/foundation';

const TEXT = { type: 'string' } as const;

/** JSON:API, everywhere but below `/v0`. */
const ErrorDocument = {
  type: 'object',
  required: ['errors'],
  properties: {
    errors: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['status', 'code', 'title', 'detail'],
        properties: {
          status: { ...TEXT, description: 'the status of the answer' },
          code: { ...TEXT, description: 'stable, for programs' },
          title: TEXT,
          detail: { ...TEXT, description: 'for people; may change' },
          source: {
            type: 'object',
            properties: {
              pointer: { ...TEXT, description: 'into the body (RFC 6901)' },
              parameter: { ...TEXT, description: 'of the query' },
              header: TEXT,
            },
          },
        },
      },
    },
  },
} as const;

const KantoAnswer = {
  type: 'object',
  required: ['status'],
  properties: {
    status: { ...TEXT, enum: ['ok', 'error', 'unauthorized'] },
    status_message: TEXT,
    error_detail: { ...TEXT, description: 'every problem of the form, or the code of the error' },
    result: { description: 'a cluster, or a list of them' },
  },
} as const;

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'One of the tokens of `AUTH_TOKENS`.' },
  token: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'The same as `token <token>` or `token=<token>`, the word included.',
  },
  build: {
    type: 'http',
    scheme: 'basic',
    description:
      "An instance build's own credential: the user `x`, its secret as the password. It opens this one build.",
  },
  password: {
    type: 'http',
    scheme: 'basic',
    description: 'For browsers: any user, one of the tokens as the password.',
  },
} as const;

const parameters = {
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description: 'Echoed, logged, carried into the job; made where it is left out.',
    schema: { ...TEXT, pattern: REQUEST_ID.source },
  },
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description: `\`wait=N\` holds the answer until the work has reached its point, N seconds (${LONGEST_WAIT_MS / 1000}) at most; \`respond-async\` does not wait.`,
    schema: TEXT,
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same key and body give the first answer of success again and start nothing, for 24 h.',
    schema: { ...TEXT, pattern: IDEMPOTENCY_KEY.source },
  },
} as const;

/** What operations refer to. */
export const components = {
  schemas: { ErrorDocument, KantoAnswer },
  responses: { ...responses('Error', 'ErrorDocument'), ...responses('KantoError', 'KantoAnswer') },
  parameters,
  securitySchemes,
};

function responses(prefix: string, schema: 'ErrorDocument' | 'KantoAnswer'): Record<string, object> {
  const content = { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } };
  const kinds = Object.keys(STATUS) as ErrorKind[];
  const known = kinds.map((kind) => [`${prefix}${STATUS[kind]}`, { description: TITLE[kind], content }] as const);
  return { ...Object.fromEntries(known), [`${prefix}500`]: { description: 'Internal error: a bug', content } };
}
