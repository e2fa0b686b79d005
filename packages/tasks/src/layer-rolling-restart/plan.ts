import { cutText } from '@quartermaster/foundation';
import type { SeenStatus, Target } from './fields.js';
import {
  calm,
  failed,
  follow,
  isDown,
  isFailedAndDown,
  isInHand,
  LONGEST_REASON,
  repairOf,
  timeOf,
  untouched,
  type Line,
} from './follow.js';

/** `restart`: go on with the restart. `bring-back`: begin nothing new, bring up what is down by our doing. */
export type Mode = 'restart' | 'bring-back';

export interface PlanState {
  readonly windowSize: number;
  readonly timeoutMs: number;
  readonly maxFailures: number;
  /** Longer than this between two looks does not count against a timeout: nobody looked (ms). */
  readonly gapMs: number;
  readonly targets: readonly Target[];
  /** When they were last looked at, ms since 1970. */
  readonly lookedAt?: number;
}

/**
 * What is to be asked of the outside, once the state is stored. `trace`: nothing; whether a stop that was intended was
 * also asked for is to be read from the journal.
 */
export interface Action {
  readonly kind: 'stop' | 'start' | 'trace';
  readonly id: string;
}

export interface Decision {
  readonly state: PlanState;
  readonly actions: readonly Action[];
  readonly lines: readonly Line[];
  /** Nothing is left to do. */
  readonly isDone: boolean;
}

/** How an action came out. `perhaps`: a stop that may have been asked for by a process that died. */
export type Outcome =
  | { readonly kind: 'asked' }
  | { readonly kind: 'perhaps' }
  | { readonly kind: 'never' }
  /** Not now; it is asked again. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Never. */
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * One round. Every stop is first an intent in the state that is returned: it counts as down from there on, and only when
 * it is stored is it asked for. An intent that stands in the state is therefore carried through, or traced, by whoever
 * comes next.
 */
export function decide(state: PlanState, seen: ReadonlyMap<string, SeenStatus>, now: number, mode: Mode): Decision {
  const elapsedMs = Math.max(0, Math.min(now - (state.lookedAt ?? now), state.gapMs));
  const isEnding = mode === 'bring-back' || hasFailed(state);
  const looked = state.targets.map((target) => {
    const status = seen.get(target.InstanceId) ?? 'missing';
    return follow(target, { status, now, elapsedMs, timeoutMs: state.timeoutMs, isEnding });
  });
  const followed = looked.map(({ target }) => target);
  const isBringingBack = mode === 'bring-back' || hasFailed({ ...state, targets: followed });
  const targets = isBringingBack ? followed : begin(followed, state.windowSize, now);
  return {
    state: { ...state, targets, lookedAt: now },
    actions: targets.flatMap((target) => actionFor(target, isBringingBack) ?? []),
    lines: [...looked.flatMap(({ line }) => line ?? []), ...repairLines(followed, targets)],
    isDone: !targets.some((target) => isInHand(target) || (target.phase === 'waiting' && !isBringingBack)),
  };
}

/** More have failed than may. */
export function hasFailed({ targets, maxFailures }: Pick<PlanState, 'targets' | 'maxFailures'>): boolean {
  return targets.filter(({ phase }) => phase === 'failed').length > maxFailures;
}

/** The state after an action. */
export function note(state: PlanState, { kind, id }: Action, outcome: Outcome, now: number): PlanState & Noted {
  let line: Line | undefined;
  const targets = state.targets.map((target): Target => {
    if (target.InstanceId !== id) return target;
    const noted = noteOne(target, kind, outcome, now);
    line = noted.line;
    return noted.target;
  });
  return { ...state, targets, ...(line === undefined ? {} : { line }) };
}

export interface Noted {
  readonly line?: Line;
}

function noteOne(target: Target, kind: Action['kind'], outcome: Outcome, now: number): { target: Target; line?: Line } {
  const { Hostname } = target;
  if (outcome.kind === 'failed') return failed(target, now, outcome.reason);
  if (outcome.kind === 'never') return { target: untouched(target) };
  if (outcome.kind === 'perhaps') return { target: { ...calm(target), phase: 'unclear', spentMs: 0 } };
  if (outcome.kind === 'refused') {
    const line: Line = { level: 'warn', message: `${Hostname}: ${outcome.reason}; trying again` };
    const why = cutText(outcome.reason, LONGEST_REASON);
    return { target: { ...target, note: why }, ...(target.note === why ? {} : { line }) };
  }
  if (kind === 'start') return { target: { ...calm(target), phase: 'starting', startedAt: timeOf(now) } };
  const line: Line = { level: 'info', message: `${Hostname}: asked to stop` };
  return { target: { ...calm(target), sent: true }, ...(kind === 'stop' ? { line } : {}) };
}

/**
 * Whose turn it is. What is down already comes first: nobody misses it, and while it is down it takes up the window. What
 * failed takes it up, too, until it is seen online; where failures fill the whole window it goes on with one at a time, as
 * they are accepted. So never more are down by our doing than the window, or the failed ones and one more.
 */
function begin(targets: readonly Target[], windowSize: number, now: number): Target[] {
  const lost = targets.filter(isFailedAndDown).length;
  const mostInHand = Math.max(1, windowSize - lost);
  const mostDown = lost + mostInHand;
  let down = targets.filter(isDown).length;
  let inHand = targets.filter(isInHand).length;
  const held = targets.map((target) => hold(target, down, mostDown));
  const repaired = held.map((target) => {
    if (target.phase !== 'waiting' || target.repair !== true || inHand >= mostInHand) return target;
    const begun = target.status === 'online' ? undefined : beginRepair(target, now);
    if (begun !== undefined) inHand += 1;
    return begun ?? target;
  });
  return repaired.map((target) => {
    if (target.phase !== 'waiting' || target.status !== 'online' || down >= mostDown) return target;
    down += 1;
    return { ...calm(target), phase: 'stopping', sent: false, spentMs: 0, stoppingAt: timeOf(now) };
  });
}

/** A stop that was intended and perhaps not asked for waits, too, when others have fallen meanwhile. */
function hold(target: Target, down: number, mostDown: number): Target {
  if (target.phase !== 'stopping' || target.sent === true) return target;
  const isHeld = target.status === 'online' && down > mostDown;
  return isHeld === (target.held ?? false) ? target : { ...target, held: isHeld };
}

function beginRepair(target: Target, now: number): Target | undefined {
  const begun: Target = { ...calm(target), spentMs: 0, stoppingAt: timeOf(now) };
  const repair = repairOf(target.status);
  if (repair === 'wait') return undefined;
  if (repair === 'start') return { ...begun, phase: 'stopped', shutdownAt: timeOf(now) };
  return { ...begun, phase: 'stopping', sent: repair === 'follow' };
}

function repairLines(before: readonly Target[], after: readonly Target[]): Line[] {
  return after.flatMap(({ Hostname, phase, status }, index) => {
    if (before[index]?.phase === phase || status === 'online') return [];
    return [{ level: 'info', message: `${Hostname}: is ${status}; bringing it up` } as const];
  });
}

function actionFor({ phase, sent, held, InstanceId: id }: Target, isBringingBack: boolean): Action | undefined {
  if (phase === 'stopped') return { kind: 'start', id };
  if (phase !== 'stopping' || sent === true) return undefined;
  if (isBringingBack) return { kind: 'trace', id };
  return held === true ? undefined : { kind: 'stop', id };
}
