import { Failure } from '../../failures.js';
import { parseConditions, parseFields } from './pairs.js';

function failureOf(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error('it did not fail');
}

describe('fields of a task', () => {
  it.each([
    ['text stays text, numbers too', ['window=2', 'plan=true'], { window: '2', plan: 'true' }],
    ['a value may have = in it, or be empty', ['a=b=c', 'd='], { a: 'b=c', d: '' }],
    ['spaces are kept', ['stackName=my stack'], { stackName: 'my stack' }],
    ['a list or object is JSON', ['i=["a","b"]', 'o={"x":1}'], { i: ['a', 'b'], o: { x: 1 } }],
    ['text that begins like JSON can be quoted', ['name="[x]"'], { name: '[x]' }],
  ])('%s', (_what, words, expected) => {
    expect(parseFields(words)).toEqual(expected);
  });

  it('a key of JavaScript’s own is a key like others', () => {
    expect(JSON.stringify(parseFields(['__proto__=x']))).toBe('{"__proto__":"x"}');
  });

  it.each([
    ['window', 'window is no key=value.'],
    ['=2', '=2 has no key before its =.'],
    ['i=[api1', 'i begins as JSON does, but is none: [api1'],
  ])('%s is refused by name', (word, message) => {
    expect(failureOf(() => parseFields([word]))).toMatchObject({ message, exitCode: 2 });
  });

  it('a key given twice is refused', () => {
    expect(failureOf(() => parseFields(['a=1', 'a=2'])).message).toBe('a is given twice.');
  });
});

it('conditions of one key are alternatives, whatever they begin with', () => {
  expect(parseConditions(['status=FAILED', 'status=CANCELLED', 'sort[date_updated]=desc', 'name=[x'])).toEqual({
    status: ['FAILED', 'CANCELLED'],
    'sort[date_updated]': ['desc'],
    name: ['[x'],
  });
});
