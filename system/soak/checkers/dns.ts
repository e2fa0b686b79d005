import type { DnsChange, DnsEffect, ShownRecord, StandingSet } from '../../harness/records';
import type { Checker, Finding } from '../stream';

/** What clients were told last of one record, through all its names. All its values begin with its own prefix. */
export interface ToldRecord {
  readonly prefix: string;
  /** Missing: its deletion was acknowledged, or it never was made. */
  readonly hostname?: string | undefined;
  readonly value?: string | undefined;
  /** How often a deletion was asked for. */
  readonly deletions: number;
}

/** A record of somebody else's, against which clients have posted ours. */
export interface ForeignRecord {
  readonly name: string;
  readonly value: string;
  readonly posts: number;
}

export interface DnsEvidence {
  readonly told: readonly ToldRecord[];
  readonly foreign: readonly ForeignRecord[];
  /** Answers that no client should have had. */
  readonly refusals: readonly { readonly subject: string; readonly what: string }[];
  /** As the API lists them. */
  readonly records: readonly ShownRecord[];
  /** What stands in the zone, and every batch that was carried out in it. */
  readonly standing: readonly StandingSet[];
  readonly effects: readonly DnsEffect[];
  readonly openJobs: readonly string[];
}

/** Every acknowledged wish has come true, once; nobody's record was touched; nothing is left over. */
export const checkDns: Checker<DnsEvidence> = (evidence) => {
  const { told, foreign, refusals, records, effects, openJobs } = evidence;
  const findings: Finding[] = [
    ...refusals.map(({ subject, what }): Finding => ({ kind: 'lost', subject, what })),
    ...told.flatMap((one) => findLost(one, evidence)),
    ...told.flatMap((one) => findDoubled(one, effects)),
    ...foreign.flatMap((one) => findTouched(one, evidence)),
    ...findOrphans(evidence),
    ...openJobs.map((id): Finding => ({ kind: 'orphan', subject: id, what: 'is an open job' })),
  ];
  const byUs = effects.filter((effect) => effect.foreign !== true);
  const sent = byUs.flatMap(({ changes }) => changes).filter(({ action }) => action !== 'DELETE').length;
  return {
    findings,
    counts: {
      'records in sync': records.filter(({ status }) => status === 'INSYNC').length,
      'records failed': records.filter(({ status }) => status === 'FAILED').length,
      'batches carried out': byUs.length,
      'values sent': sent,
    },
  };
};

function findLost({ prefix, hostname, value }: ToldRecord, { records, standing }: DnsEvidence): Finding[] {
  if (hostname === undefined || value === undefined) return [];
  const record = records.find((one) => one.hostname === hostname);
  const lost = (what: string): Finding => ({ kind: 'lost', subject: prefix, what: `${hostname} ${what}` });
  if (record?.status !== 'INSYNC' || record.ip_address !== value) {
    return [lost(`is to be ${value}, and is ${JSON.stringify(record)}`)];
  }
  const isThere = standing.some(({ name, values }) => name === hostname && values.includes(value));
  return isThere ? [] : [lost(`is INSYNC as ${value}, which does not stand there`)];
}

/** One value at a time, each put there once, and none taken away but by a deletion: a rename shows neither both nor none. */
function findDoubled({ prefix, deletions }: ToldRecord, effects: readonly DnsEffect[]): Finding[] {
  const found: Finding[] = [];
  const made = new Map<string, number>();
  const standing = new Set<string>();
  let gone = 0;
  for (const { seq, changes } of effects) {
    const own = changes.filter(({ values }) => values.some((value) => value.startsWith(prefix)));
    if (own.length === 0) continue;
    for (const value of valuesOf(own, 'CREATE')) {
      if (!valuesOf(own, 'DELETE').includes(value)) made.set(value, (made.get(value) ?? 0) + 1);
    }
    for (const { action, name, values } of own) {
      if (action === 'DELETE') standing.delete(`${name} ${values.join()}`);
      else standing.add(`${name} ${values.join()}`);
    }
    if (standing.size === 0) gone += 1;
    if (standing.size > 1) {
      found.push({
        kind: 'doubled',
        subject: prefix,
        what: `stands more than once after ${seq}: ${[...standing].join()}`,
      });
    }
  }
  for (const [value, times] of made) {
    if (times > 1) found.push({ kind: 'doubled', subject: prefix, what: `${value} was put there ${times} times` });
  }
  if (gone > deletions) {
    found.push({ kind: 'lost', subject: prefix, what: `was gone ${gone} times, and deleted ${deletions} times` });
  }
  return found;
}

function valuesOf(changes: readonly DnsChange[], action: DnsChange['action']): string[] {
  return changes.filter((change) => change.action === action).flatMap(({ values }) => values);
}

function findTouched({ name, value, posts }: ForeignRecord, { standing, effects, records }: DnsEvidence): Finding[] {
  const touching = effects.filter(
    ({ foreign, changes }) => foreign !== true && changes.some((change) => change.values.includes(value)),
  );
  const found = touching.map(({ seq }): Finding => ({ kind: 'lost', subject: name, what: `was touched by ${seq}` }));
  if (!standing.some((set) => set.name === name && set.values.includes(value))) {
    found.push({ kind: 'lost', subject: name, what: 'does not stand there any more' });
  }
  const record = records.find(({ hostname }) => hostname === name);
  if (posts > 0 && record?.error?.code !== 'foreign-record') {
    found.push({ kind: 'lost', subject: name, what: `has no FAILED record, but ${JSON.stringify(record)}` });
  }
  return found;
}

function findOrphans({ told, foreign, records, standing }: DnsEvidence): Finding[] {
  const isOurs = (value: string): boolean => told.some(({ prefix }) => value.startsWith(prefix));
  const expected = new Set(told.map(({ hostname, value }) => `${hostname} ${value}`));
  const left = standing.filter(({ name, values }) => isOurs(values[0] ?? '') && !expected.has(`${name} ${values[0]}`));
  const known = new Set([...told.map(({ hostname }) => hostname), ...foreign.map(({ name }) => name)]);
  return [
    ...left.map(({ name, values }): Finding => ({ kind: 'orphan', subject: name, what: `${values.join()} is left` })),
    ...records
      .filter(({ hostname }) => !known.has(hostname))
      .map(({ hostname, status }): Finding => ({ kind: 'orphan', subject: hostname, what: `is a ${status} record` })),
  ];
}
