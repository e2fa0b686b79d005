import type { AppError } from '@quartermaster/foundation';
import { parseFormOrJson, parseJson } from './body';

function refusalOf(parse: (body: Buffer) => unknown, body: Buffer | string): string {
  try {
    parse(Buffer.from(body as string));
  } catch (error) {
    const { kind, code, message } = error as { kind: string; code: string; message: string };
    return `${kind} ${code}: ${message}`;
  }
  return 'none';
}

describe('a JSON body', () => {
  it('is read whatever white space is around it', () => {
    expect(parseJson(Buffer.from(' \n{"a":[1,"ä"]} '))).toEqual({ a: [1, 'ä'] });
  });

  it.each([
    ['', /empty/],
    ['{', /not JSON/],
    ['{"username":"somebody-with-a-long-name","token":s3cretpassw0rd}', /^(?!.*s3cret).*not JSON/],
    ['a=b', /not JSON/],
    ['"a\0b"', /not JSON/],
    [Buffer.from([0x22, 0xff, 0x22]), /not UTF-8/],
    ['{"a":{"__proto__":{"b":1}}}', /__proto__/],
    ['{"\\u005f_proto__":1}', /__proto__/],
    ['['.repeat(200_000), /not JSON/],
  ])('is refused: %j', (body, reason) => {
    const refusal = refusalOf(parseJson, body);
    expect(refusal).toMatch(/^invalid malformed-body: /);
    expect(refusal).toMatch(reason);
    expect(refusal.length).toBeLessThan(200);
  });
});

describe('half of a surrogate pair', () => {
  const problemsOf = (text: string): unknown => {
    try {
      return parseJson(Buffer.from(text));
    } catch (error) {
      const { kind, code, problems } = error as AppError;
      return { kind, code, pointers: problems.map(({ pointer }) => pointer), detail: problems[0]?.detail };
    }
  };

  it('is refused wherever it stands, each with its pointer', () => {
    expect(problemsOf('{"steps":["a","\\ud800"],"deep":{"a/b":"x\\uDC00y"},"\\udfff":1}')).toEqual({
      kind: 'invalid',
      code: 'invalid-body',
      pointers: ['/steps/1', '/deep/a~1b', '/\ufffd'],
      detail: 'steps.1 holds half of a surrogate pair (\\ud800 to \\udfff), which is no character',
    });
    expect(problemsOf('"\\ud800"')).toMatchObject({ pointers: [''] });
  });

  it('is not what a whole character or a spelled-out escape has', () => {
    expect(problemsOf('["\\ud83d\\ude00","\\\\ud800"]')).toEqual(['😀', '\\ud800']);
  });
});

describe('a form or JSON body', () => {
  it('is told by its beginning', () => {
    expect(parseFormOrJson(Buffer.from('state=finished&a+b=%23c&state=last'))).toEqual({ state: 'last', 'a b': '#c' });
    expect(parseFormOrJson(Buffer.from(' {"state":"finished"}'))).toEqual({ state: 'finished' });
    expect(parseFormOrJson(Buffer.alloc(0))).toEqual({});
  });

  it.each([['{"a":'], [Buffer.from([0xff])], ['__proto__=x']])('is refused: %j', (body) => {
    expect(refusalOf(parseFormOrJson, body)).toMatch(/^invalid malformed-body: /);
  });
});
