import type { Layer } from '@quartermaster/stacks';
import type { TaskRecord } from '@quartermaster/stores';
import { layerRollingRestart, type RestartFields, type RestartSent, type Target } from '../index.js';
import { windowSizeOf } from '../limits.js';
import { createChance, createFakeClock, type Chance } from './chance.js';
import { createFakeCloud, type CloudMoods, type FakeCloud } from './fake-cloud.js';
import { createFakeTask, runToEnd, type FakeTask, type FakeTaskOptions } from './fake-task.js';

const POLL_MS = 5000;
const IN_HAND = ['stopping', 'unclear', 'stopped', 'starting'];

export interface ModelRun {
  readonly problems: readonly string[];
  readonly tasks: readonly FakeTask[];
  readonly counts: Readonly<Record<string, number>>;
}

/** One seed: a layer, a restart of it amid crashes, failures and a cancel, and where something is left, its resumption. */
export async function playSeed(seed: number, spoil?: FakeTaskOptions['spoil']): Promise<ModelRun> {
  const chance = createChance(seed);
  const moods = moodsOf(chance);
  const size = chance.whole(3, 20);
  let cloud: FakeCloud | undefined;
  const clock = createFakeClock(() => cloud);
  cloud = createFakeCloud(clock, chance, size, moods);
  const problems: string[] = [];
  const tasks: FakeTask[] = [];
  const crashes = chance.happens(0.7) ? chance.whole(1, 12) / 100 : 0;
  let sent: RestartSent | undefined = {
    stack: 'mobile app',
    layer: 'api',
    window: chance.happens(0.25) ? `${chance.whole(5, 40)}%` : chance.whole(1, 5),
    timeout: chance.happens(0.5) ? '20m' : '2m',
    max_failures: chance.happens(0.5) ? 0 : chance.whole(1, 3),
    plan: false,
  };
  while (sent !== undefined && tasks.length < 3) {
    const task = createFakeTask(sent, String(tasks.length + 1));
    tasks.push(task);
    const watch = watchTask(cloud, task, moods, problems);
    const options: FakeTaskOptions = {
      task,
      clock,
      chance,
      crashes,
      pollMs: POLL_MS,
      source: watch.source,
      onUpdate: watch.onUpdate,
      onDyingCall: (delayMs) => cloud.delayNextCall(delayMs),
      ...(chance.happens(0.35) ? { cancelAt: clock.now() + chance.whole(0, size * 20_000) } : {}),
      ...(spoil === undefined ? {} : { spoil }),
    };
    try {
      await runToEnd(options);
    } catch (error) {
      problems.push(`task ${task.record.id}: ${String(error)}`);
      break;
    }
    clock.advance(120_000);
    watch.atEnd();
    const isResumable = task.record.status !== 'COMPLETED' && (task.record.fields.instancesLeft ?? []).length > 0;
    sent = isResumable && chance.happens(0.8) ? layerRollingRestart.resume?.(task.record) : undefined;
  }
  const named = problems.map((problem) => `seed ${seed}: ${problem}`);
  return { problems: named, tasks, counts: countsOf(cloud, tasks) };
}

function moodsOf(chance: Chance): CloudMoods {
  const sometimes = (share: number, most: number): number =>
    chance.happens(share) ? chance.whole(1, most * 1000) / 1000 : 0;
  return {
    lagMs: chance.happens(0.4) ? chance.whole(1, POLL_MS * 1.4) : 0,
    startFailed: sometimes(0.4, 0.3),
    setupFailed: sometimes(0.4, 0.3),
    stuck: sometimes(0.3, 0.2),
    noCapacity: sometimes(0.3, 0.7),
    unavailable: sometimes(0.4, 0.3),
    fallsAnHour: sometimes(0.5, 2),
  };
}

/** Holds one task against the truth, which only the cloud knows. */
function watchTask(cloud: FakeCloud, task: FakeTask, moods: CloudMoods, problems: string[]) {
  const tell = (what: string): void => void problems.push(`task ${task.record.id}: ${what}`);
  const stops = new Map<string, { at: number; from: string }>();
  const isNamedFailed = (id: string): boolean =>
    (task.record.fields.instancesFailed ?? []).some(({ InstanceId }) => InstanceId === id);
  let isOver = false;
  let window = 0;
  /** What failed and is still down takes up the window, but for one place. */
  const mostDown = (lost: number): number => Math.max(window, lost + 1);
  let truth = new Map<string, string>();
  const intended = new Set<string>();

  cloud.onEffect(({ at, kind, id, from }) => {
    if (isOver || kind !== 'stop') return;
    const former = stops.get(id)?.at;
    // One that fell by itself after its stop was asked for may need another.
    if (former !== undefined && (cloud.fellAt(id) ?? -1) < former) tell(`${id} was stopped twice`);
    stops.set(id, { at, from });
    // What was down before is not down by our doing.
    const ours = [...stops].filter(([, stop]) => stop.from === 'online');
    const down = ours.filter(([one, stop]) => !cloud.wasOnlineSince(one, stop.at));
    const most = mostDown(down.filter(([one]) => isNamedFailed(one)).length);
    if (down.length > most) tell(`${down.length} were down at ${at}, where ${most} may be`);
  });

  /** Those that fell by themselves count before a stop is begun. Exact only where descriptions do not lag. */
  const checkIntents = ({ fields }: TaskRecord<RestartFields>): void => {
    const targets = fields.targets ?? [];
    const begun = targets.filter(({ phase, InstanceId }) => phase === 'stopping' && !intended.has(InstanceId));
    for (const { InstanceId } of begun) intended.add(InstanceId);
    if (moods.lagMs > 0 || !begun.some(({ InstanceId }) => truth.get(InstanceId) === 'online')) return;
    const down = targets.filter((target) => isReallyDown(target, truth));
    const most = mostDown(down.filter(({ phase }) => phase === 'failed').length);
    if (down.length > most) tell(`a stop was begun while ${down.length} count as down, where ${most} may be`);
  };

  const atEnd = (): void => {
    isOver = true;
    for (const [id, stop] of stops) {
      const fell = cloud.fellAt(id) ?? -1;
      const status = cloud.statusOf(id);
      if (status !== 'online' && fell < stop.at && !isNamedFailed(id)) tell(`${id} was left ${status}`);
    }
    const { status, fields } = task.record;
    if (fields.instancesLeft === undefined && fields.targets !== undefined) tell('it does not say what is left');
    const missing = (fields.targets ?? []).filter(({ phase }) => !['online', 'failed', 'skipped'].includes(phase));
    if (status === 'COMPLETED' && missing.length > 0) tell(`${missing.length} were never restarted`);
    if ((fields.targets ?? []).some(({ phase }) => IN_HAND.includes(phase))) tell('it ended in the middle');
  };

  return {
    atEnd,
    onUpdate: checkIntents,
    source: {
      ...cloud.source,
      listInstances: async (layer: Layer) => {
        const instances = await cloud.source.listInstances(layer);
        const online = instances.filter(({ Status }) => Status === 'online').length;
        window = windowSizeOf(task.record.fields.window, online);
        return instances;
      },
      findInstances: async (ids: readonly string[]) => {
        truth = new Map(ids.map((id) => [id, cloud.statusOf(id)]));
        return cloud.source.findInstances(ids);
      },
    },
  };
}

function isReallyDown({ InstanceId, phase }: Target, truth: ReadonlyMap<string, string>): boolean {
  const status = truth.get(InstanceId);
  if (phase === 'failed') return status !== 'online';
  if (phase === 'skipped' || status === 'terminated' || status === 'missing') return false;
  return IN_HAND.includes(phase) || status !== 'online';
}

function countsOf(cloud: FakeCloud, tasks: readonly FakeTask[]): Record<string, number> {
  const counts: Record<string, number> = { tasks: tasks.length };
  const add = (name: string, by = 1): void => void (counts[name] = (counts[name] ?? 0) + by);
  for (const { kind } of cloud.effects) add(kind === 'stop' ? 'stops' : 'starts');
  for (const { record } of tasks) {
    add(record.status);
    add('restarted', record.fields.instancesOnline.length);
    add('failed', record.fields.instancesFailed?.length ?? 0);
    add('skipped', record.fields.instancesSkipped?.length ?? 0);
  }
  return counts;
}
