import type { Effect, ShownBuild, SlackMessage } from '../../harness/builds';
import type { Told } from '../streams/builds-told';

/** An instance as the sandbox shows it, alive or not. */
export interface SandboxInstance {
  readonly id: string;
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly cloud_init: { readonly outcome: string };
}

export interface SandboxGroup {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Everything that is known once all has come to rest: what clients were told, what the API says, what was really done. */
export interface BuildsEvidence {
  readonly told: Told;
  /** Every build that the API knows, by id. */
  readonly builds: ReadonlyMap<string, ShownBuild>;
  /** The sandbox's log of effects, in order. */
  readonly effects: readonly Effect[];
  readonly messages: readonly SlackMessage[];
  readonly instances: readonly SandboxInstance[];
  readonly groups: readonly SandboxGroup[];
  /** Ids of the managed instances in `GET /instances`. */
  readonly listed: readonly string[];
  /** Ids of jobs that are accepted and not done. */
  readonly openJobs: readonly string[];
  /** Ids of builds for which instances are still set aside. */
  readonly reservations: readonly string[];
}

/** The same, in the order in which questions are asked of it. */
export interface Ledger extends BuildsEvidence {
  readonly instanceOf: ReadonlyMap<string, SandboxInstance>;
  /** Build id → effects that carry its tag, of one action. */
  readonly effectsOf: (action: string, buildId: string) => readonly Effect[];
  /** Ids of instances of which a client was told that they are terminated. */
  readonly endedByClients: ReadonlySet<string>;
  readonly isAlive: (instance: SandboxInstance | undefined) => boolean;
}

export function openLedger(evidence: BuildsEvidence): Ledger {
  const byBuild = new Map<string, Effect[]>();
  for (const effect of evidence.effects) {
    const buildId = buildOf(effect);
    if (buildId === undefined) continue;
    const key = `${effect.action} ${buildId}`;
    const known = byBuild.get(key);
    if (known === undefined) byBuild.set(key, [effect]);
    else known.push(effect);
  }
  return {
    ...evidence,
    instanceOf: new Map(evidence.instances.map((instance) => [instance.id, instance])),
    effectsOf: (action, buildId) => byBuild.get(`${action} ${buildId}`) ?? [],
    endedByClients: new Set(evidence.told.terminations.map(({ instance_id }) => instance_id)),
    isAlive: (instance) => instance?.state === 'pending' || instance?.state === 'running',
  };
}

export const BUILD_TAG = 'quartermaster:build';

export function tagsOf(effect: Effect): Readonly<Record<string, string>> {
  return (effect['tags'] ?? {}) as Readonly<Record<string, string>>;
}

export function buildOf(effect: Effect): string | undefined {
  return tagsOf(effect)[BUILD_TAG];
}

export function instanceIdsOf(effect: Effect): readonly string[] {
  return (effect['instance_ids'] ?? []) as readonly string[];
}
