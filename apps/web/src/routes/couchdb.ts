import {
  clusterName,
  hashCouchPassword,
  showPassword,
  type ClusterChange,
  type ClusterOperation,
  type OperationOutcome,
  type ShownCluster,
} from '@quartermaster/couchdb';
import { AppError, fromErrorRecord } from '@quartermaster/foundation';
import type { Producer } from '@quartermaster/jobs';
import type { AcceptedOperation, ClusterOperations, OperationState } from '@quartermaster/stores';
import { unknownCredentials } from '../account-gate.js';
import type { ApiRequest, Reply, Route } from '../api.js';
import { parseForm } from '../body.js';
import { WorkFailed } from '../errors.js';
import { KANTO_PATH, replyAsKanto } from '../kanto-answer.js';
import { describeKantoForm, parseKantoForm, type KantoOperation, type KantoWish } from '../kanto-form.js';
import { LONGEST_WAIT_MS, waitFor } from '../prefer.js';
import type { QueueWatch } from '../queue-watch.js';

export interface CouchdbParts {
  readonly operations: ClusterOperations;
  readonly producer: Producer;
  readonly queueWatch: QueueWatch;
}

type Question = Extract<KantoWish, { kind: 'list' | 'detail' }>;
type Change = Exclude<KantoWish, Question>;

/** When (s) to come back with an operation that there was no room for. */
const FULL_RETRY_S = 60;
/** When (s) to ask again what was not answered in time. */
const ASK_RETRY_S = 5;

const GOES_ON = {
  create: 'is being made',
  delete: 'is being deleted',
  scale: 'is being scaled',
  replicate: 'gets its databases',
} as const satisfies Record<Change['kind'], string>;

const SUMMARY = {
  create: 'Make a CouchDB cluster',
  delete: 'Delete a cluster',
  scale: 'Give a cluster more nodes, or fewer',
  replicate: 'Replicate databases over all nodes of a cluster',
  list: 'The clusters of the account',
  detail: 'A cluster',
} as const satisfies Record<KantoOperation, string>;

/** kanto's requests: `POST /v0/create`, `delete`, `scale`, `replicate`, `list`, `detail`. */
export function couchdbRoutes(parts: CouchdbParts): Route[] {
  const changing = ['create', 'delete', 'scale', 'replicate'] as const;
  const asking = ['list', 'detail'] as const;
  const route = (kind: KantoOperation): Route => ({
    method: 'post',
    path: `${KANTO_PATH}/${kind}`,
    access: 'account',
    repeatable: 'never',
    waitsMs: LONGEST_WAIT_MS,
    doc: {
      summary: SUMMARY[kind],
      body: { form: describeKantoForm(kind) },
      answers: asking.some((name) => name === kind) ? { 200: 'the answer' } : { 200: 'it is done', 202: 'it goes on' },
    },
    handle: (request) => {
      const form = parseForm(request.body);
      const wish = parseKantoForm(kind, form);
      return wish.kind === 'list' || wish.kind === 'detail'
        ? ask(parts, request, wish)
        : change(parts, request, wish, form['token'] ?? '');
    },
  });
  return [...changing.map((kind) => ({ ...route(kind), changes: true })), ...asking.map(route)];
}

async function change(parts: CouchdbParts, request: ApiRequest, wish: Change, token: string): Promise<Reply> {
  const { operations, producer } = parts;
  const key = { owner: request.caller.name, tag: wish.tag };
  const cluster = clusterName(key);
  const operation: ClusterOperation = {
    id: request.operationId,
    ...key,
    ...toClusterChange(wish, token),
    request_id: request.id,
  };
  const job = producer.describe('work-off-cluster', { cluster }, { request_id: request.id });
  const accepted = await operations.accept(cluster, operation, job, Date.now());
  refuse(accepted, wish.tag);
  // The job is open already; should this fail, a repetition or the mini-worker puts it into its queue.
  await (accepted === 'accepted' ? producer.dispatch(job) : producer.dispatchOpened(job.id));

  const outcome = await waitForOutcome(operations, operation.id, request.waitMs);
  const logged = { operation: wish.kind, operation_id: operation.id, cluster, state: outcome?.state ?? 'waiting' };
  if (outcome === undefined) {
    const password = wish.kind === 'create' ? { Password: token } : {};
    const said = { Tag: key.tag, Username: key.owner, ...password, Operation: operation.id };
    const message = `Cluster ${wish.tag} ${GOES_ON[wish.kind]}; that goes on, and ${KANTO_PATH}/detail shows how far it is.`;
    const warning = await parts.queueWatch.warning('couchdb-clusters');
    return { ...replyAsKanto(202, { status: 'ok', status_message: message, result: said }, warning), logged };
  }
  return { ...replyWithOutcome(outcome, wish.kind === 'create' ? token : undefined), logged };
}

async function ask(parts: CouchdbParts, request: ApiRequest, wish: Question): Promise<Reply> {
  const { operations, producer } = parts;
  const question = {
    id: request.operationId,
    owner: request.caller.name,
    ...(wish.kind === 'detail' ? { tag: wish.tag } : {}),
    request_id: request.id,
  };
  const job = producer.describe('read-clusters', { question_id: question.id }, { request_id: request.id });
  const accepted = await operations.ask(question, job, Date.now());
  refuse(accepted, '');
  await (accepted === 'accepted' ? producer.dispatch(job) : producer.dispatchOpened(job.id));

  const outcome = await waitForOutcome(operations, question.id, request.waitMs);
  if (outcome === undefined) {
    const { Warning: unserved } = await parts.queueWatch.warning('couchdb-clusters');
    const why = unserved === undefined ? '' : ' No worker serves the queue couchdb-clusters at the moment.';
    const message = `The clusters could not be read in time.${why}`;
    throw new AppError('unavailable', 'clusters-not-read', message, { retryAfterSeconds: ASK_RETRY_S });
  }
  return { ...replyWithOutcome(outcome, undefined), logged: { operation: wish.kind, question_id: question.id } };
}

/** Of the password only its hash leaves this process. */
function toClusterChange(wish: Change, token: string): ClusterChange {
  switch (wish.kind) {
    case 'create':
      return { kind: wish.kind, replicas: wish.replicas, password_hash: hashCouchPassword(token) };
    case 'scale':
      return { kind: wish.kind, replicas: wish.replicas, purge: wish.purge };
    case 'replicate':
      return { kind: wish.kind, databases: wish.databases };
    default:
      return { kind: wish.kind };
  }
}

function refuse(accepted: AcceptedOperation, tag: string): void {
  // It was deleted between the look at its token and now.
  if (accepted === 'unknown-account') throw unknownCredentials();
  if (accepted === 'full') {
    const message = `So much waits for cluster ${tag} already that no more is taken.`;
    throw new AppError('unavailable', 'too-many-operations-waiting', message, { retryAfterSeconds: FULL_RETRY_S });
  }
}

/** `undefined`: it is not there in time, or nobody waits. */
async function waitForOutcome(
  operations: ClusterOperations,
  id: string,
  waitMs: number | undefined,
): Promise<OperationOutcome | undefined> {
  if (waitMs === undefined) return undefined;
  const isOver = (seen: OperationState | undefined): boolean => seen !== undefined && seen.state !== 'waiting';
  const seen = await waitFor(() => operations.load(id), isOver, waitMs);
  return seen === undefined || seen.state === 'waiting' ? undefined : seen;
}

function replyWithOutcome(outcome: OperationOutcome, password: string | undefined): Reply {
  if (outcome.state === 'failed') throw new WorkFailed(fromErrorRecord(outcome.error));
  const { message, result } = outcome;
  const shown =
    password === undefined || result === undefined || isList(result) ? result : showPassword(result, password);
  return replyAsKanto(200, { status: 'ok', status_message: message, result: shown });
}

function isList(result: ShownCluster | readonly ShownCluster[]): result is readonly ShownCluster[] {
  return Array.isArray(result);
}
