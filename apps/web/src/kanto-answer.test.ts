import { AppError } from '@quartermaster/foundation';
import { isKantoPath, renderKantoError } from './kanto-answer';

describe('a path of kanto', () => {
  it.each([
    ['/v0', true],
    ['/v0/', true],
    ['/v0/create', true],
    ['/V0/create', true],
    ['/v0create', false],
    ['/v01/create', false],
    ['/x/v0/create', false],
    ['/', false],
  ])('%s: %s', (path, expected) => {
    expect(isKantoPath(path)).toBe(expected);
  });
});

describe('an error in kanto’s words', () => {
  it.each([
    ['invalid', 400],
    ['unauthenticated', 401],
    ['forbidden', 403],
    ['not-found', 404],
    ['method-not-allowed', 405],
    ['conflict', 409],
    ['too-large', 413],
    ['unprocessable', 503],
    ['unavailable', 503],
  ] as const)('%s is %i', (kind, status) => {
    const error = new AppError(kind, 'the-code', 'Words.', { retryAfterSeconds: 7 });
    const reply = renderKantoError(error, 'POST');
    expect(reply.status).toBe(status);
    expect(JSON.stringify(reply.json)).toBe(
      kind === 'unauthenticated'
        ? '{"status":"unauthorized","status_message":"Words."}'
        : '{"status":"error","status_message":"Words.","error_detail":"the-code"}',
    );
    expect(reply.headers?.['Retry-After']).toBe(kind === 'unauthenticated' ? undefined : '7');
    expect(reply.headers?.['Cache-Control']).toBe('no-store');
  });

  it('has all problems in one line', () => {
    const problems = [{ detail: 'one is wrong', pointer: '/one' }, { detail: 'two is missing' }];
    const { json } = renderKantoError(new AppError('invalid', 'invalid-form', 'No.', { problems }), 'POST');
    expect(json).toMatchObject({ error_detail: 'one is wrong; two is missing' });
  });

  it('tells nothing of a bug', () => {
    const { status, json } = renderKantoError(undefined, 'POST');
    expect([status, json]).toMatchObject([500, { status: 'error', error_detail: 'internal-error' }]);
  });
});
