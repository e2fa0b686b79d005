import { AppError } from '@quartermaster/foundation';
import { isServiceName, sentStatusSchema } from './status-schema.js';
import { validateBody } from './validate.js';

const SENT = { service: 'test-service', application_id: '<app_id>', deployment_id: '<deploy_id>', status: 'starting' };

const check = (fields: object): object => validateBody(sentStatusSchema, { ...SENT, ...fields });
function problemsOf(value: unknown): string[] {
  try {
    validateBody(sentStatusSchema, value);
  } catch (error) {
    if (error instanceof AppError) return error.problems.map(({ pointer, detail }) => `${pointer} ${detail}`);
    throw error;
  }
  return [];
}
function nested(depth: number): object {
  let value: object = {};
  for (let count = 1; count < depth; count += 1) value = count % 2 === 0 ? { inner: value } : { inner: [value] };
  return value;
}

describe('a status update', () => {
  it('is taken as panda-kick’s README prints it, with or without a detail', () => {
    expect(check({})).toEqual(SENT);
    expect(check({ detail: '<optional, object or string>' })).toMatchObject({ detail: '<optional, object or string>' });
    expect(check({ detail: { ports: [80, 443], note: null } })).toMatchObject({
      detail: { ports: [80, 443], note: null },
    });
    expect(check({ detail: '' })).toMatchObject({ detail: '' });
    expect(check({ detail: '{"a":1}' })).toMatchObject({ detail: '{"a":1}' });
    expect(check({ detail: null })).toEqual(SENT);
  });

  it.each(['starting', 'running', 'failed', 'shutting_down', 'stopped'])('may say %s', (status) => {
    expect(check({ status })).toMatchObject({ status });
  });

  it('is refused with every problem at once', () => {
    expect(problemsOf({ status: 'dancing', detail: 5, more: 1 })).toEqual([
      '/service service is required',
      '/application_id application_id is required',
      '/deployment_id deployment_id is required',
      '/status status must be one of [starting, running, failed, shutting_down, stopped]',
      '/detail detail must be a string or an object',
      '/more more is not a known field',
    ]);
    expect(problemsOf([])).toEqual([' The body must be an object']);
    expect(problemsOf({ ...SENT, detail: [1] })).toEqual(['/detail detail must be a string or an object']);
    expect(problemsOf({ ...SENT, application_id: 'a\nb' })).toHaveLength(1);
  });

  it('has a detail that nests so deep and no deeper, however deep it was sent', () => {
    expect(problemsOf({ ...SENT, detail: nested(21) })).toEqual([]);
    expect(problemsOf({ ...SENT, detail: nested(22) })).toEqual(['/detail detail must not nest deeper than 32']);
    const deep = JSON.parse(`${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`) as object;
    expect(problemsOf({ ...SENT, detail: deep })).toEqual(['/detail detail must not nest deeper than 32']);
  });
});

describe('the name of a service', () => {
  it.each(['web', 'test-service', 'web:api', 'worker@1.service', 'A_b.C', '0', 'x'.repeat(128)])(
    'may be %s',
    (name) => {
      expect([isServiceName(name), problemsOf({ ...SENT, service: name })]).toEqual([true, []]);
    },
  );

  it.each(['', '-x', '.', '..', 'a b', 'a/b', 'a\nb', 'é', 'x'.repeat(129), '../x'])('may not be %j', (name) => {
    expect(isServiceName(name)).toBe(false);
    expect(problemsOf({ ...SENT, service: name })).toHaveLength(1);
  });
});
