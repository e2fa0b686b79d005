import { AppError } from '@quartermaster/foundation';
import type { Layer, Stack, StackInstance, StackInstanceStatus, StackSource } from '@quartermaster/stacks';
import type { Clock, Chance } from './chance.js';

/** How unkind the cloud is. Shares are of 1. */
export interface CloudMoods {
  /** A description may be up to so old (ms). */
  readonly lagMs: number;
  readonly startFailed: number;
  readonly setupFailed: number;
  /** A stop or start that never comes to an end. */
  readonly stuck: number;
  readonly noCapacity: number;
  /** Calls that are answered `unavailable`; half of those had their effect. */
  readonly unavailable: number;
  /** An instance falls, or is terminated, by itself about so often in an hour. */
  readonly fallsAnHour: number;
}

/** A stop or start that had an effect. */
export interface CloudEffect {
  readonly at: number;
  readonly kind: 'stop' | 'start';
  readonly id: string;
  readonly from: StackInstanceStatus;
}

type Step = { readonly at: number; readonly status: StackInstanceStatus | 'missing' };

interface FakeInstance {
  readonly id: string;
  readonly hostname: string;
  steps: Step[];
  /** It fell, or was terminated, by itself. */
  fellAt?: number;
}

export interface FakeCloud {
  readonly source: StackSource;
  readonly effects: readonly CloudEffect[];
  readonly ids: readonly string[];
  statusOf(id: string, at?: number): StackInstanceStatus | 'missing';
  fellAt(id: string): number | undefined;
  /** It was online at some time from then on, up to now. */
  wasOnlineSince(id: string, at: number): boolean;
  /** Called with every effect, after it. */
  onEffect(listener: (effect: CloudEffect) => void): void;
  /** The process dies with its next call under way: the call has its effect so much later. */
  delayNextCall(ms: number): void;
  /** Lets time do to the instances what it does. */
  live(toMs: number): void;
  /** When the next call that is still under way takes effect. */
  nextDue(): number;
}

const STACK: Stack = { StackId: 'stack-1', Name: 'Mobile App', Region: 'us-east-1' };
const LAYER: Layer = { LayerId: 'layer-1', StackId: 'stack-1', Name: 'API', Shortname: 'api' };

export function createFakeCloud(clock: Clock, chance: Chance, count: number, moods: CloudMoods): FakeCloud {
  const instances = new Map<string, FakeInstance>();
  for (let number = 1; number <= count; number += 1) {
    const id = `i-${number}`;
    const status = chance.happens(0.05) ? 'stopped' : 'online';
    instances.set(id, { id, hostname: `api${number}`, steps: [{ at: 0, status }] });
  }
  const effects: CloudEffect[] = [];
  const listeners: ((effect: CloudEffect) => void)[] = [];
  const delayed: { at: number; run: () => void }[] = [];
  let nextDelay: number | undefined;
  let livedTo = 0;

  const statusAt = (one: FakeInstance, at: number): Step['status'] =>
    one.steps.findLast((step) => step.at <= at)?.status ?? 'missing';
  const find = (id: string): FakeInstance => {
    const one = instances.get(id);
    const status = one === undefined ? 'missing' : statusAt(one, clock.now());
    if (one === undefined || status === 'missing' || status === 'terminated') {
      throw new AppError('not-found', 'instance-not-found', `There is no ${id}.`);
    }
    return one;
  };
  const become = (one: FakeInstance, steps: readonly Step[]): void => {
    one.steps = [...one.steps.filter(({ at }) => at < clock.now()), ...steps];
  };
  const effect = (kind: CloudEffect['kind'], one: FakeInstance, from: Step['status'], steps: readonly Step[]): void => {
    become(one, steps);
    const made: CloudEffect = { at: clock.now(), kind, id: one.id, from: from as StackInstanceStatus };
    effects.push(made);
    for (const listener of listeners) listener(made);
  };

  const stop = (one: FakeInstance): void => {
    const at = clock.now();
    const status = statusAt(one, at);
    if (status === 'stopping' || status === 'stopped') return;
    if (!['online', 'setup_failed', 'running_setup', 'booting', 'connection_lost'].includes(status)) {
      throw new AppError('conflict', 'instance-not-stoppable', `${one.hostname} can not be stopped while ${status}`);
    }
    const end = chance.happens(moods.stuck)
      ? []
      : [{ at: at + chance.whole(2000, 30_000), status: 'stopped' } as const];
    effect('stop', one, status, [{ at, status: 'stopping' }, ...end]);
  };

  const start = (one: FakeInstance): void => {
    const at = clock.now();
    const status = statusAt(one, at);
    if (['requested', 'booting', 'running_setup', 'online'].includes(status)) return;
    if (status !== 'stopped' && status !== 'start_failed') {
      throw new AppError('conflict', 'instance-not-startable', `${one.hostname} can not be started while ${status}`);
    }
    if (chance.happens(moods.noCapacity)) throw new AppError('unavailable', 'no-capacity', 'AWS has no room');
    const booting = at + chance.whole(500, 8000);
    const setup = booting + chance.whole(500, 20_000);
    const steps: Step[] = [{ at, status: 'requested' }];
    if (chance.happens(moods.startFailed)) steps.push({ at: booting, status: 'start_failed' });
    else if (!chance.happens(moods.stuck)) {
      const outcome = chance.happens(moods.setupFailed) ? 'setup_failed' : 'online';
      steps.push({ at: booting, status: 'booting' }, { at: setup, status: 'running_setup' });
      steps.push({ at: setup + chance.whole(500, 20_000), status: outcome });
    }
    effect('start', one, status, steps);
  };

  /** As a call to the cloud is: it may be refused for its own reasons, or its answer may be lost. */
  const call = (id: string, run: (one: FakeInstance) => void): Promise<void> => {
    const delay = nextDelay;
    nextDelay = undefined;
    if (delay !== undefined) {
      delayed.push({ at: clock.now() + delay, run: () => run(find(id)) });
      return Promise.resolve();
    }
    const isUnavailable = chance.happens(moods.unavailable);
    if (!isUnavailable || chance.happens(0.5)) run(find(id));
    if (isUnavailable) throw new AppError('unavailable', 'ec2-unavailable', 'EC2 does not answer.');
    return Promise.resolve();
  };

  const describe = (one: FakeInstance): StackInstance[] => {
    const status = statusAt(one, Math.max(0, clock.now() - chance.whole(0, moods.lagMs)));
    if (status === 'missing') return [];
    const { id: InstanceId, hostname: Hostname } = one;
    return [{ InstanceId, Hostname, StackId: STACK.StackId, LayerIds: [LAYER.LayerId], Status: status }];
  };

  const fall = (one: FakeInstance): void => {
    const at = clock.now();
    one.fellAt = at;
    if (chance.happens(0.3)) return become(one, [{ at, status: chance.happens(0.5) ? 'terminated' : 'missing' }]);
    const back: Step[] = chance.happens(0.6) ? [{ at: at + chance.whole(5000, 200_000), status: 'online' }] : [];
    become(one, [{ at, status: chance.happens(0.5) ? 'connection_lost' : 'stopped' }, ...back]);
  };

  return {
    effects,
    ids: [...instances.keys()],
    statusOf: (id, at = clock.now()) => statusAt(instances.get(id) ?? { id, hostname: id, steps: [] }, at),
    fellAt: (id) => instances.get(id)?.fellAt,
    wasOnlineSince: (id, at) => {
      const { steps = [] } = instances.get(id) ?? {};
      return steps.some((step) => step.at > at && step.at <= clock.now() && step.status === 'online');
    },
    onEffect: (listener) => void listeners.push(listener),
    delayNextCall: (ms) => (nextDelay = ms),
    nextDue: () => Math.min(Infinity, ...delayed.map(({ at }) => at)),
    live: (toMs) => {
      const seconds = (toMs - livedTo) / 1000;
      livedTo = toMs;
      for (const due of delayed.splice(0)) {
        if (due.at > toMs) delayed.push(due);
        else ignoreRefusal(due.run);
      }
      for (const one of instances.values()) {
        const status = statusAt(one, toMs);
        const isThere = status !== 'missing' && status !== 'terminated';
        if (isThere && chance.happens((moods.fallsAnHour / 3600) * seconds)) fall(one);
      }
    },
    source: {
      name: 'ec2-tags',
      loadFleet: () => Promise.reject(new Error('tasks do not load the fleet')),
      findLayer: () => Promise.resolve({ stack: STACK, layer: LAYER }),
      listInstances: () => Promise.resolve([...instances.values()].flatMap(describe)),
      findInstances: async (ids) => {
        if (chance.happens(moods.unavailable)) throw new AppError('unavailable', 'ec2-throttled', 'EC2 throttles.');
        return ids.flatMap((id) => describe(instances.get(id) ?? { id, hostname: id, steps: [] }));
      },
      findObstacles: () => Promise.resolve([]),
      stopInstance: (id) => call(id, stop),
      startInstance: (id) => call(id, start),
    },
  };
}

/** The caller is dead: nobody hears that it was refused. */
function ignoreRefusal(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
}
