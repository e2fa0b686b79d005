import type { ShownBuild } from '../../harness/builds';
import type { Finding } from '../stream';
import type { BuildState, ToldBuild } from '../streams/builds-told';
import { instanceIdsOf, type Ledger } from './builds-evidence';

const lost = (subject: string, what: string): Finding => ({ kind: 'lost', subject, what });

/** What a client was told and that did not come true. */
export function findLost(ledger: Ledger): Finding[] {
  const { told, builds, instanceOf, isAlive } = ledger;
  const refused = told.refusals.map(({ subject, what }) => lost(subject, what));
  const unmade = told.builds.flatMap((promised) => {
    const build = builds.get(promised.id);
    return build === undefined
      ? [lost(promised.id, 'was acknowledged, and the API does not know it')]
      : [...findUnfinished(promised, build, ledger), ...findMissingInstances(build, ledger)];
  });
  const unterminated = told.terminations
    .filter(({ instance_id }) => isAlive(instanceOf.get(instance_id)))
    .map(({ instance_id }) => lost(instance_id, 'its termination was acknowledged, and it lives'));
  return [...refused, ...unmade, ...unterminated];
}

/** The states that may follow each state; a build stays what a client was told it has come to. */
const MAY_BECOME: Readonly<Record<BuildState, readonly string[]>> = {
  pending: ['started', 'finished', 'failed'],
  started: ['started', 'finished'],
  finished: ['finished'],
  failed: ['failed'],
};

/** What a sound build may fail with amid faults: EC2 has no room, or was away for longer than the worker's patience. */
const REASONS_OUTSIDE: ReadonlySet<string> = new Set(['no-capacity', 'ec2-unavailable', 'ec2-throttled']);

function findUnfinished(promised: ToldBuild, build: ShownBuild, ledger: Ledger): Finding[] {
  const { id, state, error } = build;
  if (!MAY_BECOME[promised.state].includes(state)) {
    return [lost(id, `a client was told that it is ${promised.state}, and it is ${state}`)];
  }
  if (state === 'failed' && !error?.code) return [lost(id, 'failed without a reason')];
  if (state === 'failed' && !promised.isDoomed && !REASONS_OUTSIDE.has(error?.code ?? '')) {
    return [lost(id, `failed with ${error?.code}, which nothing outside has caused: ${error?.message}`)];
  }
  if (promised.isDoomed && state !== 'failed') return [lost(id, `names no image, and is ${state} instead of failed`)];
  return state === 'failed' ? [] : findUnheardReports(build, ledger);
}

/** An instance that reported is on its build; one that did not has been silent, or was terminated before. */
function findUnheardReports(build: ShownBuild, { instanceOf, endedByClients }: Ledger): Finding[] {
  const unheard = build.instance_ids.filter((id) => build.reports[id] === undefined);
  return unheard.flatMap((id) => {
    const outcome = instanceOf.get(id)?.cloud_init.outcome ?? 'unknown';
    if (outcome === 'silent') return [];
    // A report that was sent while its instance went away may have met its end on the way.
    if (outcome === 'stopped' && endedByClients.has(id)) return [];
    return [lost(build.id, `has no report of ${id}, whose cloud-init says: ${outcome}`)];
  });
}

/** What runs is what was asked for and what the API says. */
function findMissingInstances(build: ShownBuild, { effectsOf }: Ledger): Finding[] {
  if (build.state === 'failed') return [];
  const launched = effectsOf('RunInstances', build.id).flatMap(instanceIdsOf);
  const missing = build.instance_ids.filter((id) => !launched.includes(id));
  const unnamed = launched.filter((id) => !build.instance_ids.includes(id));
  return [
    ...(launched.length < Number(build['count'])
      ? [lost(build.id, `asked for ${String(build['count'])}, launched ${launched.length}`)]
      : []),
    ...missing.map((id) => lost(build.id, `names ${id}, which was never launched`)),
    ...unnamed.map((id) => lost(build.id, `does not name ${id}, which was launched for it`)),
  ];
}
