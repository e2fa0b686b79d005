import type { Api } from '../harness/api';
import { effectsOf, slackMessages, type Effect } from '../harness/builds';

/** What the sandbox says was really done for one build, or to one instance. */
export interface Traces {
  readonly effects: readonly Effect[];
  /** How often an action took effect. */
  readonly count: (action: string) => number;
  /** Event ids of the messages about it, in order. */
  readonly events: readonly string[];
  /** Ids of its instances that run or are about to. */
  readonly running: readonly string[];
  /** Ids of its security groups that are still there. */
  readonly groups: readonly string[];
}

interface SandboxInstance {
  readonly id: string;
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
}

interface SandboxGroup {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Everything that the sandbox knows of a build. */
export async function tracesOf(sandbox: Api, buildId: string): Promise<Traces> {
  const instances = (await sandbox<{ instances: SandboxInstance[] }>('/_sandbox/instances'))
    .json()
    .instances.filter(({ tags }) => tags['quartermaster:build'] === buildId);
  const groups = (await sandbox<{ security_groups: SandboxGroup[] }>('/_sandbox/resources'))
    .json()
    .security_groups.filter(({ tags }) => tags['quartermaster:build'] === buildId);
  const all = await effectsOf(sandbox);
  const made = all.flatMap((effect) => (mentions(effect, [buildId]) ? idsIn(effect) : []));
  const subjects = [buildId, ...made, ...instances.map(({ id }) => id)];
  const effects = all.filter((effect) => mentions(effect, subjects));
  const messages = await slackMessages(sandbox);
  return {
    effects,
    count: (action) => effects.filter((effect) => effect.action === action).length,
    events: messages.filter((message) => mentions(message, subjects)).map(({ event_id }) => event_id ?? ''),
    running: instances.filter(({ state }) => state === 'running' || state === 'pending').map(({ id }) => id),
    groups: groups.map(({ id }) => id),
  };
}

function mentions(entry: object, subjects: readonly string[]): boolean {
  const text = JSON.stringify(entry);
  return subjects.some((subject) => text.includes(subject));
}

function idsIn(effect: Effect): string[] {
  const { group_id: groupId, instance_ids: instanceIds } = effect as { group_id?: string; instance_ids?: string[] };
  return [...(groupId === undefined ? [] : [groupId]), ...(instanceIds ?? [])];
}
