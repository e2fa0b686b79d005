import { judge, planChange, type Facts } from './plan-change.js';
import type { RecordSet } from './record.js';

const set = (type: string, value: string, name = 'a', ttl = 60): RecordSet => ({
  name: `${name}.example.com`,
  type,
  ttl,
  values: [value],
  is_special: false,
});
const alias = (type: string, name = 'a'): RecordSet => ({
  name: `${name}.example.com`,
  type,
  values: [],
  is_special: true,
});
const old = set('A', '10.0.0.1');
const next = set('A', '10.0.0.2');
const theirs = set('A', '10.9.9.9');

const shown = (changes: ReturnType<typeof planChange>): unknown =>
  changes === 'nothing'
    ? changes
    : changes.map(
        (change) => `${change.action} ${change.set.name.charAt(0)} ${change.set.type} ${change.set.values[0]}`,
      );

describe('without having looked at the zone, the plan', () => {
  it.each([
    ['creates', {}, next, ['CREATE a A 10.0.0.2']],
    ['changes', { applied: old }, next, ['DELETE a A 10.0.0.1', 'CREATE a A 10.0.0.2']],
    ['retypes', { applied: old }, set('TXT', '"x"'), ['DELETE a A 10.0.0.1', 'CREATE a TXT "x"']],
    ['renames', { applied: old }, set('A', '10.0.0.1', 'b'), ['DELETE a A 10.0.0.1', 'CREATE b A 10.0.0.1']],
    ['changes the TTL alone', { applied: old }, { ...old, ttl: 5 }, ['DELETE a A 10.0.0.1', 'CREATE a A 10.0.0.1']],
    ['deletes', { applied: old }, undefined, ['DELETE a A 10.0.0.1']],
    ['does nothing about what is there', { applied: old }, { ...old }, 'nothing'],
    ['does nothing where nothing is wished', {}, undefined, 'nothing'],
  ])('%s', (_, remembered, wished, expected) => {
    expect(shown(planChange({ ...remembered, wished, force: false }))).toEqual(expected);
  });
});

describe('what stands in the zone decides', () => {
  const cname = set('CNAME', 'x.example.com');
  const text = set('TXT', '"x"');
  const moved = set('A', '10.0.0.1', 'b');
  type Case = [string, Partial<Facts>, readonly RecordSet[], string, unknown?];
  const cases: Case[] = [
    ['created', { wished: next }, [next], 'done'],
    ['not created', { wished: next }, [], 'not-done', ['CREATE a A 10.0.0.2']],
    ['changed', { applied: old, wished: next }, [next], 'done'],
    ['unchanged', { applied: old, wished: next }, [old], 'not-done', ['DELETE a A 10.0.0.1', 'CREATE a A 10.0.0.2']],
    ['deleted by somebody', { applied: old, wished: next }, [], 'not-done', ['CREATE a A 10.0.0.2']],
    ['changed by somebody', { applied: old, wished: next }, [theirs], 'foreign'],
    ['of another TTL by somebody', { applied: old, wished: next }, [{ ...old, ttl: 5 }], 'foreign'],
    ['more values by somebody', { applied: old }, [{ ...old, values: ['10.0.0.1', '10.0.0.7'] }], 'foreign'],
    ['an alias now', { applied: old, wished: next }, [alias('A')], 'foreign'],
    ['taken before it was created', { wished: next }, [theirs], 'foreign'],
    ['beside other types', { wished: next }, [text], 'not-done', ['CREATE a A 10.0.0.2']],
    ['a CNAME beside others', { wished: cname }, [text], 'foreign'],
    ['beside a CNAME', { wished: next }, [cname], 'foreign'],
    ['retyped to CNAME', { applied: old, wished: cname }, [old], 'not-done'],
    ['retyped', { applied: old, wished: text }, [text], 'done'],
    ['retyped, but changed by somebody', { applied: old, wished: text }, [theirs], 'foreign'],
    ['deleted', { applied: old }, [], 'done'],
    ['deleted, another type is there', { applied: old }, [text], 'done'],
    ['to be deleted', { applied: old }, [old], 'not-done', ['DELETE a A 10.0.0.1']],
    ['to be deleted, but changed by somebody', { applied: old }, [theirs], 'foreign'],
    ['never there, to be deleted', {}, [theirs], 'done'],
    ['renamed', { applied: old, wished: moved }, [moved], 'done'],
    ['renamed, somebody took the old name', { applied: old, wished: moved }, [moved, theirs], 'done'],
    ['renamed, the new name is taken', { applied: old, wished: moved }, [old, set('A', '9.9.9.9', 'b')], 'foreign'],
    ['renamed, the old one changed by somebody', { applied: old, wished: moved }, [theirs], 'foreign'],
    [
      'renamed, somebody made the new one already',
      { applied: old, wished: moved },
      [old, moved],
      'not-done',
      ['DELETE a A 10.0.0.1', 'DELETE b A 10.0.0.1', 'CREATE b A 10.0.0.1'],
    ],
    ['forced', { applied: old, wished: next, force: true }, [theirs], 'not-done', ['UPSERT a A 10.0.0.2']],
    ['forced over an alias', { wished: next, force: true }, [alias('A')], 'not-done', ['UPSERT a A 10.0.0.2']],
    [
      'a forced CNAME',
      { wished: cname, force: true },
      [theirs, text],
      'not-done',
      ['DELETE a A 10.9.9.9', 'DELETE a TXT "x"', 'UPSERT a CNAME x.example.com'],
    ],
    ['a forced CNAME over an alias', { wished: cname, force: true }, [alias('A')], 'foreign'],
    ['a forced A beside TXT', { wished: next, force: true }, [text], 'not-done', ['UPSERT a A 10.0.0.2']],
    ['forced to be deleted', { applied: old, force: true }, [theirs, text], 'not-done', ['DELETE a A 10.9.9.9']],
    ['forced to be deleted, an alias', { applied: old, force: true }, [alias('A')], 'foreign'],
    [
      'a forced rename',
      { applied: old, wished: moved, force: true },
      [theirs, set('A', '9.9.9.9', 'b')],
      'not-done',
      ['DELETE a A 10.9.9.9', 'UPSERT b A 10.0.0.1'],
    ],
  ];

  const named = cases.map(([name, intent, standing, verdict, plan]) => ({ name, intent, standing, verdict, plan }));
  it.each(named)('$name', ({ intent, standing, verdict, plan }) => {
    const facts: Facts = { force: false, ...intent, standing };
    expect(judge(facts)).toMatchObject({ verdict });
    if (plan !== undefined) expect(shown(planChange(facts))).toEqual(plan);
  });

  it('and is told in words', () => {
    expect(judge({ applied: old, wished: next, force: false, standing: [{ ...theirs, ttl: 300 }] })).toEqual({
      verdict: 'foreign',
      words: 'A 10.9.9.9 (TTL 300) stands at a.example.com',
    });
    expect(judge({ wished: next, force: false, standing: [alias('A'), alias('A')] })).toMatchObject({
      words: 'A with an alias or a routing policy stands at a.example.com',
    });
  });

  it('however it is spelled, and what is deleted is spelled as it stands', () => {
    const applied = set('CNAME', 'x.example.com');
    const standing = [set('CNAME', 'X.example.com.')];
    expect(judge({ wished: applied, force: false, standing })).toEqual({ verdict: 'done' });
    expect(shown(planChange({ applied, force: false, standing }))).toEqual(['DELETE a CNAME X.example.com.']);
    const spelled = [set('TXT', '"\\141"')];
    expect(judge({ wished: set('TXT', '"a"'), force: false, standing: spelled })).toEqual({ verdict: 'done' });
    expect(judge({ wished: set('TXT', '"a" "b"'), force: false, standing: [set('TXT', '"ab"')] })).toMatchObject({
      verdict: 'foreign',
    });
  });
});
