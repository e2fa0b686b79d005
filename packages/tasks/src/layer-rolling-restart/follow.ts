import { cutText, formatDuration } from '@quartermaster/foundation';
import type { TaskLogLevel } from '@quartermaster/stores';
import type { Phase, SeenStatus, Target } from './fields.js';

/** A line for people, to be logged once the record has what it tells. */
export interface Line {
  readonly level: TaskLogLevel;
  readonly message: string;
}

/** What one look at an instance means for it. */
export interface Looked {
  readonly target: Target;
  readonly line?: Line;
}

export interface Look {
  readonly status: SeenStatus;
  readonly now: number;
  /** Since the look before, as far as it counts (ms). */
  readonly elapsedMs: number;
  readonly timeoutMs: number;
  /** Nothing new is begun any more: what is not in our hands is none of our business. */
  readonly isEnding: boolean;
}

const IN_HAND: ReadonlySet<Phase> = new Set(['stopping', 'unclear', 'stopped', 'starting']);
const COMING_UP: ReadonlySet<SeenStatus> = new Set(['requested', 'pending', 'booting', 'running_setup', 'rebooting']);
const GOING_DOWN: ReadonlySet<SeenStatus> = new Set(['stopping', 'shutting_down']);
const DOWN: ReadonlySet<SeenStatus> = new Set(['stopped', 'start_failed']);
/** Up after a fashion: these have to be stopped before they can be started. */
const BROKEN: ReadonlySet<SeenStatus> = new Set(['setup_failed', 'connection_lost', 'stop_failed']);
const FAILURES: ReadonlySet<SeenStatus> = new Set(['start_failed', 'setup_failed']);

/** A description may lag behind: what could be an old one is believed when it was seen so often in a row. */
const LOOKS_TO_BE_GONE = 3;
const LOOKS_TO_HAVE_FAILED = 3;
const LOOKS_TO_BE_ONLINE = 2;
/** A stop that the dead process may have asked for shows within this, or was never asked for. */
const LOOKS_TO_BE_UNTOUCHED = 6;
const UNTOUCHED_AFTER_MS = 3000;

/** What the record keeps of why; the log has it all. */
export const LONGEST_REASON = 300;

/** It was begun, and is not yet brought to an end. */
export function isInHand({ phase }: Target): boolean {
  return IN_HAND.has(phase);
}

/** Not there for those whom the layer serves: intended to stop, not yet back, failed and not back, or fallen by itself. */
export function isDown(target: Target): boolean {
  if (target.phase === 'failed') return isFailedAndDown(target);
  if (target.phase === 'skipped' || isGone(target)) return false;
  return isInHand(target) || target.status !== 'online';
}

/** It failed, and was not seen online since: what was seen before may be as old as the stop. */
export function isFailedAndDown({ phase, status, looks }: Target): boolean {
  return phase === 'failed' && (status !== 'online' || looks < LOOKS_TO_BE_ONLINE);
}

/** What it takes to bring up one that is not online: nothing for now, a start, a stop first, or to follow its stop. */
export function repairOf(status: SeenStatus | undefined): 'wait' | 'start' | 'stop' | 'follow' {
  if (status === undefined) return 'wait';
  if (DOWN.has(status)) return 'start';
  if (GOING_DOWN.has(status)) return 'follow';
  return BROKEN.has(status) ? 'stop' : 'wait';
}

/** What a target is after it was looked at: one step on its way at most. */
export function follow(before: Target, look: Look): Looked {
  const { status } = look;
  const looks = before.status === status ? before.looks + 1 : 1;
  const seen: Target = { ...before, status, looks, moved: before.moved || hasMoved(before.phase, status) };
  const { phase } = seen;
  if (phase === 'skipped') return { target: before };
  if (phase === 'failed') return { target: seen };
  if (phase === 'waiting') return followWaiting(seen, look);
  if (phase === 'online') return followRestarted(seen, look);
  if (isGone(seen)) return failed(seen, look.now, goneAs(seen));
  if (phase === 'stopping') return followStop(seen, look);
  if (phase === 'unclear') return followUnclear(seen, look);
  return phase === 'stopped' ? tick(seen, look, 'could not be started') : followStart(seen, look);
}

export function failed(target: Target, now: number, reason: string): Looked {
  return {
    target: { ...target, phase: 'failed', looks: 0, endedAt: timeOf(now), reason: cutText(reason, LONGEST_REASON) },
    line: { level: 'error', message: `${target.Hostname}: failed: ${reason}` },
  };
}

function followWaiting(target: Target, look: Look): Looked {
  if (isGone(target)) {
    const skipped: Target = { ...target, phase: 'skipped', endedAt: timeOf(look.now), reason: goneAs(target) };
    return { target: skipped, line: { level: 'warn', message: `${target.Hostname}: left out: ${goneAs(target)}` } };
  }
  if (target.status === 'online') return { target: { ...target, spentMs: 0 } };
  if (look.isEnding || (target.repair === true && repairOf(target.status) !== 'wait')) return { target };
  return tick(target, look, `was to be restarted, but was ${target.status}, not online,`);
}

/** One that falls after its restart counts as down; if it stays down, the restart has failed. */
function followRestarted(target: Target, look: Look): Looked {
  if (target.status === 'online') return { target: { ...target, spentMs: 0 } };
  if (look.isEnding || isGone(target)) return { target };
  return tick(target, look, `came online, but is ${target.status} again`);
}

function followStop(target: Target, look: Look): Looked {
  if (DOWN.has(look.status)) {
    const stopped: Target = { ...calm(target), phase: 'stopped', sent: true, shutdownAt: timeOf(look.now) };
    const message = `${target.Hostname}: stopped after ${since(target.stoppingAt, look.now)}; starting`;
    return { target: stopped, line: { level: 'info', message } };
  }
  if (target.sent === true && isStarted(look.status) && target.looks >= LOOKS_TO_BE_ONLINE) {
    // Stopped and started between two looks, by whoever: what is left is to see it online.
    const shutdownAt = timeOf(look.now);
    const starting: Target = { ...calm(target), phase: 'starting', moved: true, shutdownAt, startedAt: shutdownAt };
    return { target: starting, line: { level: 'info', message: `${target.Hostname}: was started by somebody else` } };
  }
  if (look.status === 'stop_failed' && (target.moved || target.looks >= LOOKS_TO_HAVE_FAILED)) {
    return failed(target, look.now, 'stop_failed');
  }
  return target.held === true ? { target } : tick(target, look, 'did not stop');
}

function followUnclear(target: Target, look: Look): Looked {
  if (GOING_DOWN.has(look.status) || DOWN.has(look.status)) {
    return followStop({ ...target, phase: 'stopping', sent: true }, look);
  }
  const spentMs = target.spentMs + look.elapsedMs;
  if (target.looks >= LOOKS_TO_BE_UNTOUCHED && spentMs >= UNTOUCHED_AFTER_MS) {
    const message = `${target.Hostname}: was not stopped after all`;
    return { target: untouched(target), line: { level: 'info', message } };
  }
  return tick(target, look, 'was perhaps asked to stop, and did not come back');
}

function followStart(target: Target, look: Look): Looked {
  const { status, moved, looks } = target;
  if (status === 'online' && (moved || looks >= LOOKS_TO_BE_ONLINE)) {
    const online: Target = { ...calm(target), phase: 'online', spentMs: 0, onlineAt: timeOf(look.now) };
    const message = `${target.Hostname}: online again after ${since(target.stoppingAt, look.now)}`;
    return { target: online, line: { level: 'info', message } };
  }
  if (status !== undefined && FAILURES.has(status) && (moved || looks >= LOOKS_TO_HAVE_FAILED)) {
    return failed(target, look.now, status);
  }
  if (status === 'stopped' && moved && looks >= LOOKS_TO_HAVE_FAILED) {
    return failed(target, look.now, 'was stopped again while it came up');
  }
  return tick(target, look, 'did not come online');
}

/** One more stretch of time; over the timeout it has failed. */
function tick(target: Target, look: Look, what: string): Looked {
  const spentMs = target.spentMs + look.elapsedMs;
  if (spentMs <= look.timeoutMs) return { target: { ...target, spentMs } };
  const note = target.note === undefined ? '' : ` (${target.note})`;
  return failed({ ...target, spentMs }, look.now, `${what} within ${formatDuration(look.timeoutMs)}${note}`);
}

/** As if nothing had been begun with it. */
export function untouched({ Hostname, InstanceId, repair, status }: Target): Target {
  const kept = { ...(repair === undefined ? {} : { repair }), ...(status === undefined ? {} : { status }) };
  return { Hostname, InstanceId, ...kept, phase: 'waiting', looks: 0, moved: false, spentMs: 0 };
}

/** Something new begins: what was seen before does not count for it. */
export function calm({ note: _note, held: _held, ...target }: Target): Target {
  return { ...target, looks: 0, moved: false };
}

export function timeOf(now: number): string {
  return new Date(now).toISOString();
}

function since(time: string | undefined, now: number): string {
  return formatDuration(time === undefined ? 0 : Math.max(0, now - Date.parse(time)));
}

function hasMoved(phase: Phase, status: SeenStatus): boolean {
  return phase === 'starting' ? COMING_UP.has(status) : phase === 'stopping' && GOING_DOWN.has(status);
}

/** On its way from stopped to online; a reboot is none. */
function isStarted(status: SeenStatus): boolean {
  return COMING_UP.has(status) && status !== 'rebooting';
}

function isGone({ status, looks }: Target): boolean {
  return status === 'terminated' || (status === 'missing' && looks >= LOOKS_TO_BE_GONE);
}

function goneAs({ status }: Target): string {
  return status === 'terminated' ? 'it was terminated' : 'it is not there any more';
}
