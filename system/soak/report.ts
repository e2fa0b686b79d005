import type { Chaos } from './chaos';
import type { FaultWeather } from './faults';
import type { Goal } from './soak';
import type { Domain, Finding, Verdict } from './stream';

export interface Facts {
  readonly domain: Pick<Domain, 'name'>;
  readonly goal: Goal;
  readonly chaos: Chaos;
  readonly weather: FaultWeather;
  readonly verdict: Verdict;
  readonly acknowledged: number;
  /** How long requests were sent, and how long it all took (ms). */
  readonly stormedMs: number;
  readonly tookMs: number;
  /** Processes that ended by themselves. */
  readonly ownEnds: readonly string[];
  /** What did not come to rest in time. */
  readonly left: readonly string[];
}

const SHOWN = 40;

/** The table at the end, and what was found. */
export function reportOf(facts: Facts): string {
  const { verdict, chaos, weather, left } = facts;
  const count = (kind: Finding['kind']): number => verdict.findings.filter((finding) => finding.kind === kind).length;
  const rows: [string, string | number][] = [
    ['stream', facts.domain.name],
    ['seed', facts.goal.seed],
    ['acknowledged requests', facts.acknowledged],
    ['kills', `${chaos.totalKills()} (${list(chaos.kills)})`],
    ['freezes', list(chaos.freezes)],
    ['faults struck', list(weather.struck)],
    ['processes that ended by themselves', list(tally(facts.ownEnds))],
    ...Object.entries(verdict.counts),
    ['not at rest in the end', left.length],
    ['lost', count('lost')],
    ['doubled', count('doubled')],
    ['orphans', count('orphan')],
    ['seconds under fire', Math.round(facts.stormedMs / 1000)],
    ['seconds in all', Math.round(facts.tookMs / 1000)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const found = verdict.findings.slice(0, SHOWN).map(({ kind, subject, what }) => `${kind}: ${subject} ${what}`);
  return ['', ...table, '', ...found, ...left.slice(0, SHOWN).map((one) => `not at rest: ${one}`)].join('\n');
}

function list(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? 'none' : entries.map(([name, times]) => `${name} ${times}`).join(', ');
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
