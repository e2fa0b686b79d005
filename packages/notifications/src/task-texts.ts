import { code, cutText, escapeMrkdwn, link, shortReason } from './mrkdwn.js';

/** What is told of a task. `href` is its address in the API. */
export interface ToldTask {
  readonly id: string;
  readonly href: string;
  /** The kind of task. */
  readonly task: string;
  /** What this one does, for people; empty where nobody knows. */
  readonly does: string;
}

/** What a task does may be long; the reason that follows should still be read. */
const MAX_DOES_LENGTH = 300;

/** A worker has begun it. */
export function taskStarted(task: ToldTask): string {
  return cutText(`Started ${name(task)}`);
}

export function taskCompleted(task: ToldTask): string {
  return cutText(`Completed ${name(task)}`);
}

/** It has failed; what it left in the middle is being brought back. */
export function taskFailed(task: ToldTask, reason: string): string {
  return cutText(`Failed: ${name(task)}: ${shortReason(reason)}`);
}

/** It was cancelled, and what it had touched is back in place. */
export function taskCancelled(task: ToldTask): string {
  return cutText(`Cancelled ${name(task)}; it is settled`);
}

function name({ id, href, task, does }: ToldTask): string {
  const what = does === '' ? '' : `, ${cutText(escapeMrkdwn(does), MAX_DOES_LENGTH)}`;
  return `${code(task)}${what} (${link(href, `task ${id}`)})`;
}
