import { randomUUID } from 'node:crypto';
import type { AdminCredentials } from '../cluster-host.js';
import type { Replication, ReplicationWish } from '../couch-port.js';
import { databaseOf, databaseUrl } from './database-url.js';
import { basicAuthorization } from './send-request.js';

/** A document of `_replicator`, as far as we look into it. Users may have written any. */
export interface ReplicationDocument {
  readonly _id: string;
  readonly _rev: string;
  readonly source?: unknown;
  readonly target?: unknown;
  readonly continuous?: unknown;
  /** CouchDB 1.x, and every one for what has come to its end. */
  readonly _replication_state?: unknown;
  readonly _replication_state_reason?: unknown;
  /** Figures of what is completed. */
  readonly _replication_stats?: unknown;
}

/** What `_scheduler/docs` (CouchDB 2.1 and later) tells of a document. */
export interface ScheduledDocument {
  readonly doc_id?: unknown;
  readonly state?: unknown;
  readonly info?: unknown;
}

/**
 * What is written. Credentials are a header, which every CouchDB takes: `auth` came with 3.2. Neither `user_ctx` nor
 * `owner` is needed: the first is optional to administrators and matters to local databases only, the second CouchDB
 * adds itself. `attempt` is ours, and CouchDB ignores it: pouchdb-server takes a document that says the same as any
 * former one, even a deleted one, for its double and never starts it.
 * (docs.couchdb.org/en/stable/replication/replicator.html, couch_replicator_docs.erl, pouchdb-replicator's index.js)
 */
export function planDocument(wish: ReplicationWish, admin: AdminCredentials): Record<string, unknown> {
  const headers = { Authorization: basicAuthorization(admin) };
  return {
    source: { url: databaseUrl(wish.from, wish.database), headers },
    target: { url: databaseUrl(wish.to, wish.database), headers },
    continuous: wish.continuous,
    attempt: randomUUID(),
  };
}

/** Whether a document goes the same way, in the same manner. */
export function goesSameWay(document: ReplicationDocument, wish: ReplicationWish): boolean {
  return (
    urlOf(document.source) === databaseUrl(wish.from, wish.database) &&
    urlOf(document.target) === databaseUrl(wish.to, wish.database) &&
    (document.continuous === true) === wish.continuous
  );
}

/** Whether a document logs in to both ends as this administrator. */
export function hasCredentials({ source, target }: ReplicationDocument, admin: AdminCredentials): boolean {
  return [source, target].every((end) => authorizationOf(end) === basicAuthorization(admin));
}

/** What CouchDB calls the state of a document; `undefined`: it has not taken it up yet. */
export function readState(document: ReplicationDocument, scheduled: ScheduledDocument | undefined): string | undefined {
  const state = scheduled?.state ?? document._replication_state;
  return typeof state === 'string' ? state : undefined;
}

/** CouchDB's states in our words. `error` is another thing where there is a scheduler, which goes on trying. */
const SCHEDULED: Readonly<Record<string, Replication['state']>> = {
  running: 'running',
  crashing: 'failing',
  error: 'failing',
  failed: 'failed',
  completed: 'completed',
};
/** pouchdb-server gives up at once after an `error`, CouchDB 1.x after ten. */
const WRITTEN: Readonly<Record<string, Replication['state']>> = {
  triggered: 'running',
  error: 'failed',
  failed: 'failed',
  completed: 'completed',
};

export function readReplication(
  document: ReplicationDocument,
  scheduled: ScheduledDocument | undefined,
  scrub: (words: string) => string,
): Replication {
  const source = urlOf(document.source);
  const state = readState(document, scheduled);
  const words = typeof scheduled?.state === 'string' ? SCHEDULED : WRITTEN;
  const known = state !== undefined && Object.hasOwn(words, state) ? words[state] : undefined;
  const reason = reasonOf(document, scheduled);
  const isWrong = known === 'failing' || known === 'failed';
  return {
    id: document._id,
    database: databaseOf(source),
    source: scrub(source),
    target: scrub(urlOf(document.target)),
    continuous: document.continuous === true,
    state: known ?? 'starting',
    ...(isWrong && reason !== undefined ? { reason: scrub(reason) } : {}),
    ...readFigures(scheduled?.info),
    ...readPending(scheduled?.info),
    ...readFailures(scheduled?.info, document._replication_stats),
  };
}

/**
 * What has been compared, what was written, and how far it has come at the source: a long copy of what the target has
 * already writes nothing, and one that goes on where it was left counts from 0 but for the last. A scheduler alone tells
 * of what is under way.
 */
function readFigures(info: unknown): Pick<Replication, 'progress'> {
  const { revisions_checked: checked, docs_written: written, checkpointed_source_seq: sequence } = recordOf(info);
  const at =
    typeof sequence === 'string' || typeof sequence === 'number' ? /^\d+/.exec(String(sequence))?.[0] : undefined;
  const figures = [checked, written, at === undefined ? undefined : Number(at)].filter(
    (one) => typeof one === 'number',
  );
  return figures.length === 0 ? {} : { progress: figures.reduce((sum, one) => sum + one, 0) };
}

function readPending(info: unknown): Pick<Replication, 'pending'> {
  const { changes_pending: pending } = recordOf(info);
  return typeof pending === 'number' ? { pending } : {};
}

function readFailures(...infos: readonly unknown[]): Pick<Replication, 'writeFailures'> {
  const failures = infos.map((info) => recordOf(info)['doc_write_failures']).find((one) => typeof one === 'number');
  return failures === undefined ? {} : { writeFailures: failures };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** `info` is an object with an `error` in it, or (2.1) a text. */
function reasonOf(document: ReplicationDocument, scheduled: ScheduledDocument | undefined): string | undefined {
  const info = scheduled?.info;
  const error = typeof info === 'object' && info !== null && 'error' in info ? info.error : info;
  return [error, document._replication_state_reason].find((words) => typeof words === 'string');
}

/** Without user and password. */
function urlOf(end: unknown): string {
  const url = typeof end === 'object' && end !== null && 'url' in end ? end.url : end;
  return typeof url === 'string' ? url.replace(/^([a-z]+:\/\/)[^/]*@/i, '$1') : '';
}

function authorizationOf(end: unknown): unknown {
  if (typeof end !== 'object' || end === null || !('headers' in end)) return undefined;
  const { headers } = end;
  return typeof headers === 'object' && headers !== null && 'Authorization' in headers
    ? headers.Authorization
    : undefined;
}
