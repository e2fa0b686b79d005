import type { Checker, Verdict } from '../stream';
import { openLedger, type BuildsEvidence, type Ledger } from './builds-evidence';
import { findDoubled } from './builds-doubled';
import { findLost } from './builds-lost';
import { findUnsaid, countRepeatedMessages } from './builds-messages';
import { findOrphans } from './builds-orphans';

/** Builds and terminations: nothing that was acknowledged is lost, nothing is done twice, nothing is left over. */
export const checkBuilds: Checker<BuildsEvidence> = (evidence): Verdict => {
  const ledger = openLedger(evidence);
  return {
    findings: [...findLost(ledger), ...findUnsaid(ledger), ...findDoubled(ledger), ...findOrphans(ledger)],
    counts: countBuilds(ledger),
  };
};

function countBuilds(ledger: Ledger): Record<string, number> {
  const { told, builds, effects, messages, instances } = ledger;
  const counts: Record<string, number> = {
    'builds acknowledged': told.builds.length,
    'terminations acknowledged': told.terminations.length,
    'requests sent more than once': [...told.builds, ...told.terminations].filter(({ tries }) => tries > 1).length,
  };
  const add = (name: string): void => void (counts[name] = (counts[name] ?? 0) + 1);
  for (const { state, error } of builds.values()) {
    add(error === undefined ? `builds ${state}` : `builds ${state}: ${error.code}`);
  }
  const launched = effects.filter(({ action }) => action === 'RunInstances');
  counts['launches'] = launched.length;
  counts['instances launched'] = launched.flatMap((effect) => effect['instance_ids'] as string[]).length;
  // Harmless to us, for they are repeats of reports that were recorded (others are lost); not to a script that must end well.
  counts['repeated reports refused'] = instances.filter((one) => one.cloud_init.outcome === 'report-refused').length;
  counts['messages'] = messages.length;
  counts['repeated messages'] = countRepeatedMessages(messages);
  return counts;
}
