import type { DnsChange, DnsEffect } from '../../harness/records';
import { checkDns, type DnsEvidence } from './dns';

const change = (action: DnsChange['action'], name: string, value: string): DnsChange => ({
  action,
  name,
  type: 'A',
  ttl: 60,
  values: [value],
});
const effect = (seq: number, ...changes: DnsChange[]): DnsEffect => ({
  seq,
  time: '2026-11-21T10:00:00.000Z',
  service: 'route53',
  action: 'ChangeResourceRecordSets',
  zone_id: 'Z1',
  changes,
});
const FOREIGN = { name: 'f.x', value: '192.0.2.1' };
const inSync = { type: 'A', ttl: 60, status: 'INSYNC' };

/** Made as .1, renamed and changed to .2, confirmed once; one of others was run against. */
const GOOD: DnsEvidence = {
  told: [{ prefix: '10.1.', hostname: 'b.x', value: '10.1.0.2', deletions: 0 }],
  foreign: [{ ...FOREIGN, posts: 1 }],
  refusals: [],
  records: [
    { ...inSync, hostname: 'b.x', ip_address: '10.1.0.2' },
    {
      ...inSync,
      hostname: 'f.x',
      ip_address: '10.9.0.1',
      status: 'FAILED',
      error: { code: 'foreign-record', message: '' },
    },
  ],
  standing: [
    { name: 'b.x', type: 'A', values: ['10.1.0.2'] },
    { name: 'f.x', type: 'A', values: [FOREIGN.value] },
  ],
  effects: [
    { ...effect(1, change('CREATE', 'f.x', FOREIGN.value)), foreign: true },
    effect(2, change('CREATE', 'a.x', '10.1.0.1')),
    effect(3, change('DELETE', 'a.x', '10.1.0.1'), change('CREATE', 'b.x', '10.1.0.2')),
    effect(4, change('DELETE', 'b.x', '10.1.0.2'), change('CREATE', 'b.x', '10.1.0.2')),
  ],
  openJobs: [],
};

const found = (more: Partial<DnsEvidence>): string[] =>
  checkDns({ ...GOOD, ...more }).findings.map(({ kind, subject, what }) => `${kind} ${subject} ${what}`);
const instead = (seq: number, ...effects: DnsEffect[]): Partial<DnsEvidence> => ({
  effects: GOOD.effects.flatMap((one) => (one.seq === seq ? effects : [one])),
});

describe('the checker of records', () => {
  it('finds nothing where all is well', () => {
    expect(found({})).toEqual([]);
  });

  it.each<[what: string, more: Partial<DnsEvidence>, finding: RegExp]>([
    ['a record that does not stand there', { standing: GOOD.standing.slice(1) }, /^lost 10\.1\. .*does not stand/],
    ['a record that nobody knows', { records: GOOD.records.slice(1) }, /^lost 10\.1\. b\.x is to be/],
    [
      'a record that has failed',
      { records: GOOD.records.map((record) => ({ ...record, status: 'FAILED' })) },
      /^lost 10\.1\. b\.x is to be/,
    ],
    [
      'an older value',
      { told: [{ prefix: '10.1.', hostname: 'b.x', value: '10.1.0.3', deletions: 0 }] },
      /^lost 10\.1\. b\.x is to be 10\.1\.0\.3/,
    ],
    [
      'what should be deleted',
      { told: [{ prefix: '10.1.', hostname: undefined, value: '10.1.0.2', deletions: 1 }] },
      /^orphan b\.x 10\.1\.0\.2 is left/,
    ],
    [
      'a rename that shows both names',
      instead(3, effect(3, change('CREATE', 'b.x', '10.1.0.2')), effect(5, change('DELETE', 'a.x', '10.1.0.1'))),
      /^doubled 10\.1\. stands more than once/,
    ],
    [
      'a rename that shows neither',
      instead(3, effect(3, change('DELETE', 'a.x', '10.1.0.1')), effect(5, change('CREATE', 'b.x', '10.1.0.2'))),
      /^lost 10\.1\. was gone 1 times, and deleted 0 times/,
    ],
    [
      'a value that was put there twice',
      instead(4, effect(4, change('DELETE', 'b.x', '10.1.0.2')), effect(5, change('CREATE', 'b.x', '10.1.0.2'))),
      /^doubled 10\.1\. 10\.1\.0\.2 was put there 2 times/,
    ],
    [
      'a foreign record that was touched',
      instead(4, effect(4, change('DELETE', 'f.x', FOREIGN.value))),
      /^lost f\.x was touched by 4/,
    ],
    ['a foreign record that is gone', { standing: GOOD.standing.slice(0, 1) }, /^lost f\.x does not stand/],
    ['a conflict that nobody was told of', { records: GOOD.records.slice(0, 1) }, /^lost f\.x has no FAILED record/],
    [
      'a record that nobody asked for',
      { records: [...GOOD.records, { ...inSync, hostname: 'z.x', ip_address: '1.1.1.1' }] },
      /^orphan z\.x/,
    ],
    ['an open job', { openJobs: ['drain-zone-Z1'] }, /^orphan drain-zone-Z1/],
    ['a wrong answer', { refusals: [{ subject: '10.1.', what: 'answered 500' }] }, /^lost 10\.1\. answered 500/],
  ])('finds %s', (_what, more, finding) => {
    expect(found(more)).toContainEqual(expect.stringMatching(finding));
  });
});
