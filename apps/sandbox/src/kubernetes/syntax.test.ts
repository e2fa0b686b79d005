import {
  dataKeyProblem,
  dnsLabelProblem,
  labelKeyProblem,
  labelValueProblem,
  parseQuantity,
  portNameProblem,
  serviceNameProblem,
  subdomainProblem,
} from './syntax.js';

const LONG = 'a'.repeat(64);

describe('names', () => {
  it.each([
    ['subdomain', subdomainProblem, ['a', 'a.b-c.0', LONG], ['', 'A', 'a_b', '-a', 'a-', 'a..b', 'a'.repeat(254)]],
    ['label', dnsLabelProblem, ['a', '0a', 'a-b'], ['', 'a.b', 'A', '-a', LONG]],
    ['Service', serviceNameProblem, ['a', 'a-0', 'a'.repeat(63)], ['', '0a', 'a.b', 'a-', 'Ab', LONG]],
    ['label key', labelKeyProblem, ['a', 'A.b_c-0', 'x.y/a'], ['', '-a', 'a/', '/a', 'a/b/c', 'X/a', LONG, 'a b']],
    ['label value', labelValueProblem, ['', 'a', 'A.b_c', 'true'], ['-a', 'a-', 'a/b', 'a b', 'ä', LONG]],
    ['port', portNameProblem, ['couchdb', 'a-1'], ['', '1', 'a--b', '-a', 'a-', 'A', 'a_b', 'a'.repeat(16)]],
    ['key of a Secret', dataKeyProblem, ['a', 'COUCHDB_USER', 'a.ini', '.b'], ['', 'a/b', '..', '..a', '.', 'a b']],
  ])('%s', (_name, problem, right, wrong) => {
    expect(right.filter((text) => problem(text) !== undefined)).toEqual([]);
    expect(wrong.filter((text) => problem(text) === undefined)).toEqual([]);
  });
});

describe('parseQuantity', () => {
  it.each([
    ['5Gi', 5 * 2 ** 30],
    ['100m', 0.1],
    ['1', 1],
    ['0.5', 0.5],
    ['1e3', 1000],
    ['2k', 2000],
    ['-1', -1],
    [3, 3],
  ])('%s is %s', (text, expected) => {
    expect(parseQuantity(text)).toBeCloseTo(expected, 9);
  });

  it.each(['', 'Gi', '5 Gi', '5GB', '5gi', 'a', true, undefined])('%j is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});
