import { asKept } from './as-kept.js';
import { applyMergePatch, withDefaults, withoutNulls } from './json.js';

describe('a merge patch', () => {
  // The examples of RFC 7386, appendix A, as far as they are about objects.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j and %j make %j', (target, patch, expected) => {
    expect(applyMergePatch(target, patch)).toEqual(expected);
  });
});

describe('what is kept of an object', () => {
  it('takes null for a field that was not sent', () => {
    expect(withoutNulls({ a: null, b: [{ c: null, d: 0 }], e: { f: null } })).toEqual({ b: [{ d: 0 }], e: {} });
  });

  it('leaves what was sent as it is where something is filled in', () => {
    expect(withDefaults({ a: 0, b: undefined }, { a: 1, b: 2, c: undefined })).toEqual({ a: 0, b: 2 });
  });

  it('drops empty lists and the zeros that the encoder of the real server drops', () => {
    const probe = { initialDelaySeconds: 0, periodSeconds: 5 };
    const kept = asKept({
      metadata: { labels: {}, annotations: { value: 'x' } },
      spec: {
        minReadySeconds: 0,
        replicas: 0,
        emptyDir: {},
        containers: [],
        env: [],
        list: [{ probe, value: '', args: [] }],
      },
    });
    expect(kept).toEqual({
      metadata: { annotations: { value: 'x' } },
      spec: { replicas: 0, emptyDir: {}, containers: [], list: [{ probe: { periodSeconds: 5 } }] },
    });
  });
});
