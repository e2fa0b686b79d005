import type { Api } from './api';
import { effectsOf, type Effect } from './builds';
import type { Lane, LaneOptions, System } from './start-system';
import { postTask, taskEnds, type ShownTask } from './tasks';

export type Source = 'opsworks' | 'ec2-tags';
export const SOURCES: readonly Source[] = ['opsworks', 'ec2-tags'];
export const RESTART = 'layer-rolling-restart';

/** Short, so that tests wait little; a stop still lasts for several looks. */
export const FAST_POWER = {
  SANDBOX_STOP_MS: '200',
  SANDBOX_BOOT_MS: '200',
  SANDBOX_SETUP_MS: '100',
  SANDBOX_CHECKS_MS: '100',
} as const;

interface Event {
  readonly Hostname: string;
  readonly InstanceId: string;
  readonly timestamp: string;
}

/** A restart as the API answers it, as far as the tests look. */
export interface ShownRestart extends ShownTask {
  readonly totalInstances?: number;
  readonly windowSize?: number;
  readonly instancesShutdown: readonly Event[];
  readonly instancesStarted: readonly Event[];
  readonly instancesOnline: readonly Event[];
  readonly instancesFailed?: readonly (Event & { readonly reason: string })[];
  readonly instancesLeft?: readonly { readonly Hostname: string; readonly InstanceId: string }[];
}

export interface SeededInstance {
  readonly instance_id: string;
  readonly ec2_instance_id: string;
  readonly hostname: string;
}

export interface LayerPlan {
  readonly instances: number;
  readonly stopped?: number;
  readonly auto_scaling_group?: string;
  readonly root_device?: 'ebs' | 'instance-store';
}

let seeded = 0;

/** A stack of its own with one layer, `API server` or `api` for short. */
export async function seedStack(
  sandbox: Api,
  plan: LayerPlan,
): Promise<{ readonly stack: string; readonly instances: readonly SeededInstance[] }> {
  const stack = `Mobile App ${(seeded += 1)}`;
  const body = { name: stack, layers: [{ name: 'API server', shortname: 'api', ...plan }] };
  const answer = await sandbox<{ instances: SeededInstance[] }>('/_sandbox/stacks', { body });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return { stack, instances: answer.json().instances };
}

/** A lane whose stacks come from this source; a worker runs in it unless told otherwise. */
export function openRestartLane(system: System, source: Source, options: LaneOptions = {}): Promise<Lane> {
  const worker = { STACKS_SOURCE: source, TASK_POLL: '60ms', ...options.worker };
  return system.openLane({ start: ['worker'], ...options, worker });
}

export async function postRestart(api: Api, body: object): Promise<ShownRestart> {
  return (await postTask(api, RESTART, body)) as ShownRestart;
}

export async function restartEnds(
  api: Api,
  id: string,
  status: 'COMPLETED' | 'FAILED' | 'CANCELLED',
  limitMs = 60_000,
): Promise<ShownRestart> {
  return (await taskEnds(api, RESTART, id, status, limitMs)) as ShownRestart;
}

/** What was done to these instances, oldest first: `stop api1`, `start api1`. */
export async function powerEffects(sandbox: Api, instances: readonly SeededInstance[]): Promise<string[]> {
  const names = new Map(instances.map(({ ec2_instance_id, hostname }) => [ec2_instance_id, hostname]));
  const ofPower = (await effectsOf(sandbox)).filter(({ action }) => /^(Stop|Start)Instances?$/.test(action));
  return ofPower.flatMap(({ action, instance_ids }: Effect) =>
    (instance_ids as string[]).flatMap((id) => {
      const name = names.get(id);
      return name === undefined ? [] : [`${action.startsWith('Stop') ? 'stop' : 'start'} ${name}`];
    }),
  );
}

interface Lived {
  readonly opsworks: { readonly status: string } | null;
  readonly opsworks_transitions: readonly { readonly at: string; readonly state: string }[];
}

export async function statusesOf(sandbox: Api, instances: readonly SeededInstance[]): Promise<string[]> {
  const lives = await Promise.all(instances.map((one) => readLife(sandbox, one)));
  return lives.map(({ opsworks }) => opsworks?.status ?? 'unknown');
}

/** How many of these were down at once at most, from a stop to the state online (as OpsWorks sees it). */
export async function mostDown(sandbox: Api, instances: readonly SeededInstance[]): Promise<number> {
  const lives = await Promise.all(instances.map((one) => readLife(sandbox, one)));
  const changes = lives.flatMap(({ opsworks_transitions: steps }) => {
    const first = steps.findIndex(({ state }) => state === 'stopping');
    return (first < 0 ? [] : steps.slice(first)).flatMap(({ at, state }) => {
      if (state === 'stopping') return [{ at, by: 1 }];
      return state === 'online' ? [{ at, by: -1 }] : [];
    });
  });
  changes.sort((a, b) => (a.at === b.at ? a.by - b.by : a.at < b.at ? -1 : 1));
  let down = 0;
  return changes.reduce((most, { by }) => Math.max(most, (down += by)), 0);
}

async function readLife(sandbox: Api, { ec2_instance_id: id }: SeededInstance): Promise<Lived> {
  return (await sandbox<Lived>(`/_sandbox/instances/${id}`)).json();
}
