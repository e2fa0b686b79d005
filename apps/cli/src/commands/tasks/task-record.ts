import { spanOf } from '../../output/time.js';

export interface TaskLogLine {
  readonly timestamp: string;
  readonly level: string;
  readonly message: string;
}

export interface TaskException {
  readonly message: string;
  readonly timestamp?: string;
  readonly code?: string;
}

/** A task as the API answers it, with fields of its own. */
export interface TaskRecord {
  readonly _id: string;
  readonly status: 'PENDING' | 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  /** It has ended, and everything is back in place. */
  readonly settled: boolean;
  readonly exceptions: readonly TaskException[];
  /** The last 100 lines at most. */
  readonly log: readonly TaskLogLine[];
  readonly date_created: string;
  readonly date_updated: string;
  readonly due_at?: string;
  readonly slack_channel?: string;
  readonly resumed_from?: string;
  readonly resumed_by?: string;
  readonly [field: string]: unknown;
}

/** How it has ended; undefined before it is settled. */
export function endOf({ status, settled }: TaskRecord): 'done' | 'failed' | undefined {
  if (!settled) return undefined;
  return status === 'COMPLETED' ? 'done' : 'failed';
}

/** `RUNNING`, `CANCELLED, not settled`: what is not settled has something in the middle. */
export function statusOf({ status, settled }: TaskRecord): string {
  return settled || status === 'PENDING' || status === 'RUNNING' ? status : `${status}, not settled`;
}

/** It waits for its time, which is to come. */
export function isDelayed({ status, due_at: dueAt }: TaskRecord, now: number): boolean {
  return status === 'PENDING' && dueAt !== undefined && Date.parse(dueAt) > now;
}

/** `2026-12-05 16:06:49 UTC` of an ISO time. */
export function utc(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
}

/** The same with how far it is: `2026-12-05 16:06:49 UTC, in 13d 23h`. */
export function utcAndSpan(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  return `${utc(time)}, ${seconds > 0 ? `in ${spanOf(seconds)}` : `${spanOf(-seconds)} ago`}`;
}

/** One line without control characters: what a server's text may hold does nothing to a terminal. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

/** `16:06:49 api1: asked to stop`; what is no information says its level. */
export function logLine({ timestamp, level, message }: TaskLogLine): string {
  return `${timestamp.slice(11, 19)} ${level === 'info' ? '' : `${oneLine(level)}: `}${oneLine(message)}`;
}

export function exceptionLine({ code, message }: TaskException): string {
  return oneLine(code === undefined ? message : `${message} (${code})`);
}

const COMMON = new Set(
  '_id status settled exceptions log date_created date_updated due_at slack_channel resumed_from resumed_by'.split(' '),
);
const LONGEST_FIELD = 200;

/** A task's own fields by their API names: what was sent and what its run adds, but for those named here. */
export function ownFields(record: TaskRecord, except: ReadonlySet<string> = new Set()): [string, string][] {
  return Object.entries(record)
    .filter(([name]) => !COMMON.has(name) && !except.has(name))
    .map(([name, value]) => [name, shorten(shown(value))]);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return oneLine(value);
  const isPlain = (one: unknown): boolean => typeof one === 'string' || typeof one === 'number';
  if (Array.isArray(value) && value.every(isPlain)) return oneLine(value.join(', '));
  return JSON.stringify(value);
}

function shorten(text: string): string {
  return text.length > LONGEST_FIELD ? `${text.slice(0, LONGEST_FIELD)}… (--json has all)` : text;
}
