import { packBatches, planBatch, splitBatch, type PlannedSet, type WaitingSet } from './plan-batch.js';
import type { RecordSet } from './record.js';

const set = (name: string, value = '10.0.0.1'): RecordSet => ({
  name: `${name}.example.com`,
  type: 'A',
  ttl: 60,
  values: [value],
  is_special: false,
});
const waits = (id: string, more: Partial<WaitingSet> = {}): WaitingSet => ({
  id,
  record: id,
  force: false,
  wished: set(id),
  ...more,
});
const planned = (id: string, more: Partial<WaitingSet> = {}): PlannedSet => ({
  ...waits(id, more),
  changes: [{ action: 'CREATE', set: set(id) }],
  refusals: 0,
});
const ids = (sets: readonly { readonly id: string }[]): string[] => sets.map(({ id }) => id);

describe('the next batch', () => {
  it('has as many values as Route 53 takes: a change counts twice', () => {
    const many = Array.from({ length: 1500 }, (_, index) => waits(`n${index}`));
    expect(planBatch(many).ready).toHaveLength(1000);
    const changes = many.map((one) => ({ ...one, applied: set(one.id, '10.9.9.9') }));
    expect(planBatch(changes).ready).toHaveLength(500);
  });

  it('has at most 32,000 characters', () => {
    const long = Array.from({ length: 20 }, (_, index) =>
      waits(`n${index}`, { wished: set(`n${index}`, 'x'.repeat(3_900)) }),
    );
    expect(planBatch(long).ready).toHaveLength(8);
  });

  it('never touches a name twice, and keeps the order of each name', () => {
    const rename = waits('rename', { applied: set('a'), wished: set('b') });
    const onto = waits('onto', { wished: set('a') });
    const after = waits('after', { applied: set('c'), wished: set('a', '10.0.0.2') });
    const next = planBatch([rename, onto, after, waits('c'), waits('d')]);
    expect(ids(next.ready)).toEqual(['rename', 'd']);
  });

  it('leaves out what a later wish of the same record has overtaken', () => {
    const next = planBatch([waits('w1', { record: 'r' }), waits('x'), waits('w2', { record: 'r' })]);
    expect([ids(next.ready), next.superseded]).toEqual([['x', 'w2'], ['w1']]);
  });

  it('keeps apart what needs a look at the zone first: forced ones and repeats, twenty at once', () => {
    const forced = waits('forced', { force: true });
    const repeat = waits('repeat', { applied: set('repeat') });
    const next = planBatch([forced, repeat, waits('new')]);
    expect([ids(next.ready), ids(next.unsure)]).toEqual([['new'], ['forced', 'repeat']]);
    const many = Array.from({ length: 30 }, (_, index) => waits(`n${index}`, { force: true }));
    expect(planBatch(many).unsure).toHaveLength(20);
  });

  it('takes a set that is over the limits alone, for Route 53 to refuse', () => {
    expect(ids(planBatch([waits('long', { wished: set('long', 'x'.repeat(33_000)) }), waits('b')]).ready)).toEqual([
      'long',
    ]);
  });
});

it('sets are packed under the limits in their order', () => {
  const batches = packBatches(
    ['a', 'b', 'c'].map((id) => planned(id)),
    { values: 2, characters: 1000 },
  );
  expect(batches.map(ids)).toEqual([['a', 'b'], ['c']]);
});

describe('a refused batch', () => {
  const sets = ['a', 'b', 'c', 'd', '*'].map((id) => planned(id));

  it('is parted from those that Route 53 names', () => {
    const created = "Tried to create resource record set [name='b.example.com.', type='A'] but it already exists";
    expect(splitBatch(sets, [created]).map(ids)).toEqual([['a', 'c', 'd', '*'], ['b']]);
    const words = 'RRSet of type CNAME with DNS name c.example.com. is not permitted';
    expect(splitBatch(sets, [`[${created}, ${words}]`]).map(ids)).toEqual([['a', 'd', '*'], ['b'], ['c']]);
    expect(splitBatch(sets, ["[name='\\052.example.com.', type='A']"]).map(ids)).toEqual([['a', 'b', 'c', 'd'], ['*']]);
  });

  it('is parted from a rename by either of its names', () => {
    const rename = planned('e', { applied: set('old') });
    const words = ["Tried to delete resource record set [name='old.example.com.', type='A'] but it was not found"];
    expect(splitBatch([...sets, rename], words).map(ids)).toEqual([ids(sets), ['e']]);
  });

  it('is halved where Route 53 names none of them, all of them, or a longer name', () => {
    for (const words of [[], ['FATAL problem'], sets.map(({ id }) => `${id}.example.com.`), ['aa.example.com.']]) {
      expect(splitBatch(sets, words).map(ids)).toEqual([
        ['a', 'b', 'c'],
        ['d', '*'],
      ]);
    }
  });

  it('has many suspects tried together', () => {
    const many = Array.from({ length: 12 }, (_, index) => planned(`n${index}`));
    const named = many.slice(0, 10).map(({ id }) => `[name='${id}.example.com.', type='A']`);
    expect(splitBatch(many, named).map(ids)).toEqual([['n10', 'n11'], ids(many.slice(0, 10))]);
  });
});
