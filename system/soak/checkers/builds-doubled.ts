import type { Effect } from '../../harness/builds';
import type { Finding } from '../stream';
import { REQUEST_TAG } from '../streams/builds-told';
import { BUILD_TAG, buildOf, instanceIdsOf, tagsOf, type Ledger } from './builds-evidence';

const doubled = (subject: string, what: string): Finding => ({ kind: 'doubled', subject, what });

/** What was done more often than it was asked for, or without having been. */
export function findDoubled(ledger: Ledger): Finding[] {
  return [
    ...findSecondBuilds(ledger),
    ...findSecondEffects(ledger),
    ...findSecondTerminations(ledger),
    ...findUnaskedTerminations(ledger),
  ];
}

/** One request makes one build, however often it was sent; and no build is there that nobody was told of. */
function findSecondBuilds({ told, builds, effects }: Ledger): Finding[] {
  const buildsOf = new Map<string, Set<string>>();
  const note = (request: string | undefined, buildId: string | undefined): void => {
    if (request === undefined || buildId === undefined) return;
    buildsOf.set(request, (buildsOf.get(request) ?? new Set()).add(buildId));
  };
  for (const { request, id } of told.builds) note(request, id);
  for (const effect of effects) note(tagsOf(effect)[REQUEST_TAG], buildOf(effect));
  const twice = [...buildsOf]
    .filter(([, ids]) => ids.size > 1)
    .map(([request, ids]) => doubled(request, `one request made several builds: ${[...ids].join(', ')}`));

  const toldIds = new Set(told.builds.map(({ id }) => id));
  const secret = [...builds.keys()]
    .filter((id) => !toldIds.has(id))
    .map((id) => doubled(id, 'is a build that no client was told of'));
  return [...twice, ...secret];
}

function findSecondEffects({ builds, effects, effectsOf }: Ledger): Finding[] {
  const ids = new Set([...builds.keys(), ...effects.flatMap((effect) => buildOf(effect) ?? [])]);
  return [...ids].flatMap((id) => {
    const launches = effectsOf('RunInstances', id);
    const groups = effectsOf('CreateSecurityGroup', id);
    const launched = launches.flatMap(instanceIdsOf).length;
    const count = builds.get(id)?.['count'];
    return [
      ...(launches.length > 1 ? [doubled(id, `was launched ${launches.length} times`)] : []),
      ...(typeof count === 'number' && launched > count
        ? [doubled(id, `asked for ${count}, has launched ${launched}`)]
        : []),
      ...(groups.length > 1 ? [doubled(id, `made ${groups.length} security groups`)] : []),
    ];
  });
}

/** One wish, one end: neither does EC2 change the state of an instance twice, nor do two terminations tell of it. */
function findSecondTerminations({ effects, messages }: Ledger): Finding[] {
  const eventsOf = new Map<string, Set<string>>();
  for (const { event_id, text } of messages) {
    const instanceId = event_id?.startsWith('terminated-') ? /\bi-[0-9a-f]{8,17}\b/.exec(text)?.[0] : undefined;
    if (instanceId === undefined || event_id === undefined) continue;
    eventsOf.set(instanceId, (eventsOf.get(instanceId) ?? new Set()).add(event_id));
  }
  const toldTwice = [...eventsOf]
    .filter(([, events]) => events.size > 1)
    .map(([id, events]) => doubled(id, `was terminated by ${events.size} terminations: ${[...events].join(', ')}`));
  return [
    ...repeated(terminations(effects).flatMap(instanceIdsOf)).map((id) => doubled(id, 'was terminated twice')),
    ...toldTwice,
  ];
}

/** Only what a client wanted gone, and what a failed build has left, is terminated. */
function findUnaskedTerminations({ effects, builds, endedByClients, instanceOf }: Ledger): Finding[] {
  return terminations(effects)
    .flatMap(instanceIdsOf)
    .filter((id) => !endedByClients.has(id))
    .filter((id) => builds.get(instanceOf.get(id)?.tags[BUILD_TAG] ?? '')?.state !== 'failed')
    .map((id) => doubled(id, 'was terminated, and nobody had asked for it'));
}

function terminations(effects: readonly Effect[]): Effect[] {
  return effects.filter(({ action }) => action === 'TerminateInstances');
}

function repeated(words: readonly string[]): string[] {
  const seen = new Set<string>();
  return words.filter((word) => seen.size === seen.add(word).size);
}
