import type { Effect } from '../../harness/builds';
import type { Checker, Finding, Verdict } from '../stream';
import type { ShownRestart, ToldInstance, ToldRestarts, ToldScenario } from '../streams/restarts-told';

/** What an instance went through, by EC2's id; times are ISO 8601. */
export interface InstanceLife {
  readonly id: string;
  readonly transitions: readonly { readonly at: string; readonly state: string }[];
  readonly check_transitions: readonly { readonly at: string; readonly state: string }[];
  readonly opsworks_transitions: readonly { readonly at: string; readonly state: string }[];
}

export interface RestartsEvidence {
  readonly told: ToldRestarts;
  /** Task id → as the API answers it in the end. */
  readonly tasks: ReadonlyMap<string, ShownRestart>;
  readonly effects: readonly Effect[];
  readonly lives: readonly InstanceLife[];
  readonly openJobs: readonly string[];
}

interface Stop {
  readonly at: number;
  readonly instance: ToldInstance;
  /** The task that intended it. */
  readonly task: ShownRestart | undefined;
  /** From the stop until it was online again. */
  readonly downUntil: number;
  /** When its task named it as failed. */
  readonly failedAt: number;
  readonly wasOnline: boolean;
}

/** Restarts: never more down than the window, none restarted twice, none left down that is not named, every task ended. */
export const checkRestarts: Checker<RestartsEvidence> = (evidence): Verdict => {
  const { told, tasks, openJobs } = evidence;
  const lives = new Map(evidence.lives.map((life) => [life.id, life]));
  const stopped = stopsByInstance(evidence.effects);
  const counts: Record<string, number> = {};
  const add = (name: string, by = 1): void => void (counts[name] = (counts[name] ?? 0) + by);
  const findings: Finding[] = [
    ...told.refusals.map(({ subject, what }): Finding => ({ kind: 'lost', subject, what })),
    ...openJobs.map((id): Finding => ({ kind: 'orphan', subject: id, what: 'is a job that was never closed' })),
  ];
  for (const scenario of told.scenarios) {
    const own = [...scenario.tasks.keys()].flatMap((id) => tasks.get(id) ?? []);
    const stops = scenario.instances.flatMap((instance) => {
      const life = lives.get(instance.ec2_instance_id);
      const times = stopped.get(instance.ec2_instance_id) ?? [];
      return times.map((at) => describeStop(at, instance, life, own, told.source));
    });
    findings.push(...findEnds(scenario, tasks), ...findTwice(stops), ...findWide(scenario, stops));
    findings.push(...findLeftDown(scenario, own, lives, told.source));
    add('instances', scenario.instances.length);
    add('stops', stops.length);
    add('requests sent more than once', scenario.repeated);
    for (const task of own) {
      const why = task.exceptions.at(-1)?.code;
      add(`tasks ${task.status}${why === undefined ? '' : `: ${why}`}`);
      add('instances restarted', task.instancesOnline.length);
      add('instances failed', task.instancesFailed?.length ?? 0);
    }
  }
  return { findings, counts: { restarts: told.scenarios.length, ...counts } };
};

function findEnds({ tasks: told, stack, cancelled }: ToldScenario, tasks: RestartsEvidence['tasks']): Finding[] {
  return [...told.keys()].flatMap((id): Finding[] => {
    const task = tasks.get(id);
    if (task === undefined) return [{ kind: 'lost', subject: id, what: `of ${stack} is not known any more` }];
    if (!task.settled) return [{ kind: 'lost', subject: id, what: `is ${task.status} and never settled` }];
    if (cancelled.has(id) && task.status !== 'CANCELLED') {
      return [{ kind: 'lost', subject: id, what: `was cancelled, and ended ${task.status}` }];
    }
    if (task.status !== 'COMPLETED') return [];
    const { totalInstances = 0, instancesOnline, instancesFailed = [], instancesSkipped = [] } = task;
    const ended = new Set([...instancesOnline, ...instancesFailed, ...instancesSkipped].map((one) => one.InstanceId));
    if (ended.size >= totalInstances) return [];
    return [{ kind: 'lost', subject: id, what: `completed with ${ended.size} of ${totalInstances} instances` }];
  });
}

function findTwice(stops: readonly Stop[]): Finding[] {
  const seen = new Set<string>();
  return stops.flatMap(({ instance, task, at }): Finding[] => {
    const { ec2_instance_id: id } = instance;
    if (task === undefined) {
      return [{ kind: 'doubled', subject: id, what: `was stopped at ${iso(at)} though no task says so` }];
    }
    const key = `${task._id} ${id}`;
    if (seen.has(key))
      return [{ kind: 'doubled', subject: task._id, what: `stopped ${instance.hostname} (${id}) twice` }];
    seen.add(key);
    return [];
  });
}

/**
 * At every stop: how many are down by then. Between two stops it can only become fewer. What the same task has failed with
 * and is still down takes up the window, but for one place; what a former one failed with is no more of this one's.
 */
function findWide({ window, instances }: ToldScenario, stops: readonly Stop[]): Finding[] {
  const ours = stops.filter(({ wasOnline, task }) => wasOnline && task !== undefined);
  return ours.flatMap(({ at, task }): Finding[] => {
    if (task === undefined) return [];
    const size = typeof window === 'number' ? window : (task.windowSize ?? 0);
    const share = typeof window === 'number' ? 1 : Number.parseInt(window, 10) / 100;
    const most = typeof window === 'number' ? window : Math.max(1, Math.floor(instances.length * share));
    const isDown = (other: Stop): boolean =>
      other.at <= at && other.downUntil > at && (other.task === task || other.failedAt > at);
    const down = ours.filter(isDown);
    const lost = down.filter(({ failedAt }) => failedAt <= at).length;
    const may = Math.max(size, lost + 1);
    if (size > most) {
      return [{ kind: 'doubled', subject: task._id, what: `took ${window} of ${instances.length} for ${size}` }];
    }
    if (down.length <= may) return [];
    const names = down.map(({ instance }) => instance.hostname).join(', ');
    return [{ kind: 'doubled', subject: task._id, what: `had ${names} down at ${iso(at)}, where ${may} may be` }];
  });
}

/** One that is not online in the end must be one that the last task which had it in hand has named. */
function findLeftDown(
  { instances }: ToldScenario,
  tasks: readonly ShownRestart[],
  lives: ReadonlyMap<string, InstanceLife>,
  source: ToldRestarts['source'],
): Finding[] {
  return instances.flatMap((instance): Finding[] => {
    const state = statesOf(lives.get(instance.ec2_instance_id), source).at(-1)?.state;
    if (state === 'online') return [];
    const id = idOf(instance, source);
    const touched = tasks.filter(({ instancesStopping = [] }) =>
      instancesStopping.some((one) => one.InstanceId === id),
    );
    const last = touched.sort((a, b) => (a.date_created < b.date_created ? -1 : 1)).at(-1);
    if (last?.instancesFailed?.some((one) => one.InstanceId === id) === true) return [];
    return [
      { kind: 'orphan', subject: instance.ec2_instance_id, what: `was left ${state ?? 'unknown'}, named nowhere` },
    ];
  });
}

function describeStop(
  at: number,
  instance: ToldInstance,
  life: InstanceLife | undefined,
  tasks: readonly ShownRestart[],
  source: ToldRestarts['source'],
): Stop {
  const id = idOf(instance, source);
  const intents = tasks
    .flatMap((task) => (task.instancesStopping ?? []).map((event) => ({ task, ...event })))
    .filter((event) => event.InstanceId === id && Date.parse(event.timestamp) <= at)
    .sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
  const task = intents.at(-1)?.task;
  const states = statesOf(life, source);
  const online = states.find((step) => step.at > at && step.state === 'online')?.at ?? Infinity;
  const named = task?.instancesFailed?.find((one) => one.InstanceId === id)?.timestamp;
  const failedAt = named === undefined ? Infinity : Date.parse(named);
  const before = states.findLast((step) => step.at < at);
  return { at, instance, task, downUntil: online, failedAt, wasOnline: before?.state === 'online' };
}

/** OpsWorks says itself when one is online; of EC2 it is one that runs and whose checks are ok. */
function statesOf(life: InstanceLife | undefined, source: ToldRestarts['source']): { at: number; state: string }[] {
  if (life === undefined) return [];
  if (source === 'opsworks') return life.opsworks_transitions.map(({ at, state }) => ({ at: Date.parse(at), state }));
  const power = life.transitions.map(({ at, state }) => ({ at: Date.parse(at), state }));
  const checks = life.check_transitions.map(({ at, state }) => ({ at: Date.parse(at), state }));
  const online = checks.filter(({ state }) => state === 'ok').map(({ at }) => ({ at, state: 'online' }));
  return [...power, ...online].sort((a, b) => a.at - b.at);
}

/** EC2's id → when it was stopped. */
function stopsByInstance(effects: readonly Effect[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { action, time, instance_ids } of effects) {
    if (action !== 'StopInstances' && action !== 'StopInstance') continue;
    for (const id of instance_ids as string[]) found.set(id, [...(found.get(id) ?? []), Date.parse(time)]);
  }
  return found;
}

function idOf({ instance_id, ec2_instance_id }: ToldInstance, source: ToldRestarts['source']): string {
  return source === 'opsworks' ? instance_id : ec2_instance_id;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
