import { AppError } from '@quartermaster/foundation';
import { clampReplicas, DEFAULT_DATABASES, parseDatabases, parseTag, randomTag } from './requests.js';

function refusalOf(act: () => unknown): AppError {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('nothing was refused');
}

describe('a tag', () => {
  it.each([
    ['my-test-db1', 'my-test-db1'],
    ['my-test-db1xyz', 'my-test-db1x'],
    ['a123', 'a123'],
    ['a--b', 'a--b'],
  ])('%j is %j', (text, tag) => expect(parseTag(text)).toBe(tag));

  it.each([undefined, '', 'a', 'abc', '-', 'A B'])('%j counts as none', (text) => {
    expect(parseTag(text)).toBeUndefined();
  });

  it.each(['My-test', '1abc', '-abc', 'abc-', 'my-test-db1-more', 'my_test', 'my.test', 'tést', 'abc\n', ' test'])(
    '%j is refused',
    (text) => {
      const error = refusalOf(() => parseTag(text));
      expect(error).toMatchObject({ kind: 'invalid', code: 'invalid-cluster-tag' });
      expect(error.problems).toMatchObject([{ pointer: '/cluster_tag' }]);
    },
  );

  it('made at random is a good one, a letter first, and another one each time', () => {
    const tags = Array.from({ length: 2_000 }, randomTag);
    for (const tag of tags) expect(parseTag(tag)).toBe(tag);
    expect(new Set(tags).size).toBe(tags.length);
    expect(new Set(tags.map((tag) => tag.charAt(0))).size).toBe(26);
    expect(new Set(tags.join('')).size).toBe(36);
  });
});

describe('a number of replicas', () => {
  it.each([
    ['1', 1],
    ['10', 10],
    ['11', 10],
    ['0', 1],
    ['-2', 1],
    ['+3', 3],
    [' 5 ', 5],
    ['007', 7],
    ['99999999999999999999', 10],
    ['9'.repeat(400), 10],
    [`-${'9'.repeat(400)}`, 1],
  ])('%j is %i', (text, count) => expect(clampReplicas(text)).toBe(count));

  it.each([undefined, '', ' ', '3.7', '1e1', '0x3', 'three', '3 4', '--3', 'NaN', 'Infinity', '٣'])(
    '%j can’t be read',
    (text) => expect(clampReplicas(text)).toBeUndefined(),
  );
});

describe('a list of databases', () => {
  it('is sorted, trimmed, and has each name once', () => {
    expect(parseDatabases('special, mydb,,mydb ,_users')).toEqual(['_users', 'mydb', 'special']);
    expect(parseDatabases('a/b,a+b,a$(b),a_b-c')).toEqual(['a$(b)', 'a+b', 'a/b', 'a_b-c']);
    expect(parseDatabases(DEFAULT_DATABASES.join())).toEqual(DEFAULT_DATABASES);
  });

  it.each(['_replicator', '_global_changes', 'a/_replicator', '_dbs', 'x/_users'])(
    'can’t have %s, as each node has its own',
    (name) => expect(refusalOf(() => parseDatabases(`test,${name}`)).message).toContain('its own node'),
  );

  it('names all that are wrong at once', () => {
    const error = refusalOf(() => parseDatabases('Test,1abc,good,_replicator,a b,x%2fy,..,é'));
    expect(error).toMatchObject({ kind: 'invalid', code: 'invalid-databases' });
    expect(error.problems).toHaveLength(7);
    for (const { pointer } of error.problems) expect(pointer).toBe('/databases');
    expect(error.message).not.toContain('good');
  });

  it.each(['', ' , ,', ','])('that is empty (%j) is refused', (text) => {
    expect(refusalOf(() => parseDatabases(text)).message).toContain('at least one');
  });

  it('has 100 names at most, of 238 characters at most', () => {
    const names = Array.from({ length: 101 }, (_, index) => `db${index}`);
    expect(parseDatabases(names.slice(1).join())).toHaveLength(100);
    expect(refusalOf(() => parseDatabases(names.join())).message).toContain('at most 100');
    expect(parseDatabases('a'.repeat(238))).toHaveLength(1);
    expect(refusalOf(() => parseDatabases('a'.repeat(239))).message).toContain('238 at most');
  });
});
