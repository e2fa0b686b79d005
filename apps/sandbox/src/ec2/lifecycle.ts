import type { Instance, InstanceState, Transition } from './model.js';

/** How long the steps of a life take, as far as its statuses follow from them. */
interface CheckTimes {
  readonly checksMs: number;
}

/** From `at` on something is in `state`, whatever the states are. */
export interface Step<S extends string> {
  readonly at: number;
  readonly state: S;
}

const UNBORN: Transition = { at: 0, state: 'pending' };

/** The transition that an instance is in at a time. */
export function transitionAt(instance: Instance, time: number): Transition {
  return instance.transitions.findLast((transition) => transition.at <= time) ?? UNBORN;
}

/** What has happened already: what is to come can still be changed. */
export function past(instance: Instance, time: number): Transition[] {
  return instance.transitions.filter((transition) => transition.at <= time);
}

/** Whether it was ever up: EC2 stops nothing that was not. */
export function hasRun(instance: Instance, time: number): boolean {
  return instance.transitions.some(({ at, state }) => state === 'running' && at <= time);
}

/** `LaunchTime`: when it was launched or last started. */
export function launchTimeOf(instance: Instance, time: number): number {
  return instance.transitions.findLast(({ at, state }) => state === 'pending' && at <= time)?.at ?? instance.launchedAt;
}

/** Not known before the instance runs, and given up when it has stopped. */
export function publicIpOf(
  world: { stateOf(instance: Instance): InstanceState },
  instance: Instance,
): string | undefined {
  const state = world.stateOf(instance);
  return state === 'pending' || state === 'stopped' || state === 'terminated' ? undefined : instance.publicIp;
}

/** `StateReason` and `StateTransitionReason` of the DescribeInstances answer; `undefined` for one that comes up or runs. */
export function stateReasonOf(
  instance: Instance,
  time: number,
): { readonly transition: string; readonly code: string; readonly message: string } | undefined {
  const now = transitionAt(instance, time);
  if (now.failed === true) {
    const code = 'Server.InternalError';
    return { transition: code, code, message: `${code}: Internal error on launch` };
  }
  if (now.state === 'pending' || now.state === 'running') return undefined;
  const asked = instance.transitions.findLast(
    ({ at, state }) => at <= time && (state === 'stopping' || state === 'shutting-down'),
  );
  const when = new Date(asked?.at ?? now.at).toISOString().slice(0, 19).replace('T', ' ');
  const code = 'Client.UserInitiatedShutdown';
  return { transition: `User initiated (${when} GMT)`, code, message: `${code}: User initiated shutdown` };
}

export type CheckState = 'not-applicable' | 'initializing' | 'ok' | 'impaired';

/** The instance status check over a whole life. The system status check is the same but never `impaired`. */
export function checkSteps(instance: Instance, { checksMs }: CheckTimes): Step<CheckState>[] {
  return expand(instance.transitions, ({ at, state, impaired }) => {
    if (state === 'pending') return [{ at, state: 'initializing' }];
    if (state !== 'running') return [{ at, state: 'not-applicable' }];
    return [
      { at, state: 'initializing' },
      { at: at + checksMs, state: impaired === true ? 'impaired' : 'ok' },
    ];
  });
}

/** Several steps for each transition, each cut off by the transition that comes next; repeats of a state are one. */
export function expand<S extends string>(
  transitions: readonly Transition[],
  stepsOf: (transition: Transition, next: Transition | undefined) => readonly Step<S>[],
): Step<S>[] {
  const steps = transitions.flatMap((transition, index) => {
    const next = transitions[index + 1];
    return stepsOf(transition, next).filter(({ at }) => next === undefined || at < next.at || at === transition.at);
  });
  return steps.filter((step, index) => step.state !== steps[index - 1]?.state);
}

export function stepAt<S extends string>(steps: readonly Step<S>[], time: number): Step<S> | undefined {
  return steps.findLast(({ at }) => at <= time);
}
