import { AppError } from '@quartermaster/foundation';
import { createErrorTranslation, type ErrorTable } from './errors.js';

const translateError = createErrorTranslation({ name: 'EC2', prefix: 'ec2' });

/** An error as the SDK throws it for an answer of EC2. */
function answer(name: string, status = 400, message = 'words of EC2'): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

function translated(error: unknown, table?: ErrorTable): AppError {
  const result = translateError(error, 'SomeAction', table);
  if (result instanceof AppError) return result;
  throw new Error('was not translated');
}

describe('the translation of errors', () => {
  it.each([
    ['RequestLimitExceeded', 503, 'ec2-throttled'],
    ['Throttling', 400, 'ec2-throttled'],
    ['TooManyRequestsException', 429, 'ec2-throttled'],
    ['AuthFailure', 401, 'ec2-not-authorized'],
    ['UnauthorizedOperation', 403, 'ec2-not-authorized'],
    ['ExpiredToken', 400, 'ec2-not-authorized'],
    ['RequestExpired', 400, 'ec2-not-authorized'],
    ['InvalidClientTokenId', 403, 'ec2-not-authorized'],
    ['PendingVerification', 400, 'ec2-not-authorized'],
    ['InternalError', 500, 'ec2-unavailable'],
    ['Unavailable', 503, 'ec2-unavailable'],
    ['SomethingNew', 502, 'ec2-unavailable'],
    ['SyntaxError', 200, 'ec2-unavailable'],
  ])('takes %s (status %i) as worth another try: %s', (name, status, code) => {
    expect(translated(answer(name, status))).toMatchObject({ kind: 'unavailable', code });
  });

  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ETIMEDOUT',
  ])('takes %s as worth another try', (code) => {
    const error = Object.assign(new Error('connect'), { code, $metadata: { attempts: 3 } });
    expect(translated(error)).toMatchObject({ kind: 'unavailable', code: 'ec2-unavailable' });
    expect(translated(error).message).toContain(code);
  });

  it.each(['TimeoutError', 'CredentialsProviderError'])('takes the SDK’s %s as worth another try', (name) => {
    expect(translated(Object.assign(new Error('x'), { name })).kind).toBe('unavailable');
  });

  it('says when to try again after throttling', () => {
    expect(translated(answer('RequestLimitExceeded', 503)).retryAfterSeconds).toBeGreaterThan(0);
  });

  it('hands on EC2’s own code and words where it refused for good, and what was refused', () => {
    const error = answer('InvalidParameterValue', 400, 'Value (x) is invalid');
    expect(translated(error)).toMatchObject({
      kind: 'unprocessable',
      code: 'ec2-refused',
      message: 'EC2 refused SomeAction (InvalidParameterValue: Value (x) is invalid)',
      cause: error,
    });
  });

  it('lets an action’s own table go first, even where the status means another try', () => {
    const table: ErrorTable = {
      'Insufficient*': { kind: 'unprocessable', code: 'no-capacity' },
      '*': { kind: 'unprocessable', code: 'launch-refused' },
    };
    expect(translated(answer('InsufficientInstanceCapacity', 500), table).code).toBe('no-capacity');
    expect(translated(answer('InvalidAMIID.NotFound'), table).code).toBe('launch-refused');
    expect(translated(answer('InternalError', 500), table).code).toBe('ec2-unavailable');
    expect(translated(answer('AuthFailure', 401), table).code).toBe('ec2-not-authorized');
  });

  it('keeps encoded messages, endless words and what a refusal of credentials says out', () => {
    const long = 'Not allowed. Encoded authorization failure message: abcdefgh';
    expect(translated(answer('OperationX', 400, long)).message).toBe(
      'EC2 refused SomeAction (OperationX: Not allowed.)',
    );
    expect(translated(answer('OperationX', 400, 'x'.repeat(9_000))).message.length).toBeLessThan(500);
    expect(translated(answer('AuthFailure', 401, 'key AKIA123')).message).not.toContain('AKIA123');
  });

  it('names the service', () => {
    const translate = createErrorTranslation({ name: 'Route 53', prefix: 'route53' });
    expect(translate(answer('Throttling'), 'GetChange')).toMatchObject({ code: 'route53-throttled' });
    expect(translate(answer('Odd'), 'GetChange')).toMatchObject({
      message: 'Route 53 refused GetChange (Odd: words of EC2)',
    });
  });

  it('leaves a bug a bug, and an error of the house as it is', () => {
    const bug = new TypeError('x is not a function');
    expect(translateError(bug, 'SomeAction')).toBe(bug);
    const own = new AppError('conflict', 'x', 'y');
    expect(translateError(own, 'SomeAction')).toBe(own);
    expect(translateError('text', 'SomeAction')).toBe('text');
  });

  it('is not misled by codes that are names of every object’s properties', () => {
    expect(translated(answer('constructor'))).toMatchObject({ kind: 'unprocessable', code: 'ec2-refused' });
  });
});
