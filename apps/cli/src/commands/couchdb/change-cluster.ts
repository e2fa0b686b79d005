import { PROGRAM, type Context } from '../../context.js';
import { EXIT, Failure, type ExitCode } from '../../failures.js';
import { isWatched, type WatchOptions } from '../../watch/follow.js';
import {
  adviseOnCluster,
  changeCouchdb,
  watchWords,
  type Change,
  type Cluster,
  type KantoBody,
} from './couchdb-api.js';
import { nodesInWords, type Goal } from './goal.js';
import { showChanged } from './show-cluster.js';
import { watchCluster } from './watch-cluster.js';
import { noteWarning } from '../../api/server-warning.js';

export interface ChangeRequest {
  readonly kind: Change;
  readonly tag: string;
  /** Besides account and tag. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
  readonly goal: Goal;
  readonly options: WatchOptions;
}

/**
 * Without --wait an answer is waited for so long (s): the worker decides whether a tag is free, or there at all, and that is
 * known in a second or two. With it as long as the server holds an answer.
 */
const GLANCE_S = 5;
const HELD_S = 25;

const GOES_ON = {
  create: 'is being made',
  scale: 'is being scaled',
  replicate: 'gets its databases',
  delete: 'is being deleted',
} as const satisfies Record<Change, string>;

/** Asks for a change, follows it where that is wished, and prints what came of it. */
export async function changeCluster(context: Context, wanted: ChangeRequest): Promise<ExitCode | void> {
  const { kind, tag, fields, goal, options } = wanted;
  const form = { cluster_tag: tag, ...fields };
  if (!isWatched(options)) {
    const { status, headers, body } = await changeCouchdb(context, kind, form, GLANCE_S).catch((error: unknown) => {
      throw context.signal.aborted ? interrupted(wanted) : adviseOnCluster(error, tag);
    });
    noteWarning(context, headers);
    const message =
      status === 202 ? `CouchDB cluster ${tag} ${GOES_ON[kind]}.` : (body.status_message ?? 'It is done.');
    context.print.result(body, () => showChanged(context, message, body.result));
    if (status === 202 && !context.isJson) {
      context.print.note(`Watch it: \`${PROGRAM} couchdb detail ${tag} ${watchWords(kind)}\``);
    }
    return;
  }
  // The first answer of a creation that took longer has the password; what is seen later has not.
  let password: string | undefined;
  const request = changeCouchdb(context, kind, form, HELD_S).then((answer) => {
    noteWarning(context, answer.headers);
    password = answer.body.result?.Password;
    return answer;
  });
  const seen = await watchCluster(context, { tag, goal, request, options });
  const body = withPassword(seen ?? { status: 'ok' }, password);
  const message = messageOf(wanted, body.result);
  context.print.result(
    body.result === undefined ? { ...body, status_message: body.status_message ?? message } : body,
    () => showChanged(context, message, body.result),
  );
}

function interrupted({ tag }: ChangeRequest): Failure {
  return new Failure(EXIT.interrupted, 'Interrupted. The request may have been accepted all the same.', {
    next: `See how it stands: \`${PROGRAM} couchdb detail ${tag}\``,
  });
}

function messageOf({ kind, tag }: ChangeRequest, cluster: Cluster | undefined): string {
  if (kind === 'delete') return `CouchDB cluster ${tag} is deleted`;
  const nodes = cluster === undefined ? '' : `: ${nodesInWords(cluster.Replicas)}`;
  if (kind === 'replicate') return `CouchDB cluster ${tag} replicates ${cluster?.Databases?.join(', ') ?? ''}`;
  return kind === 'create' ? `CouchDB cluster ${tag} is ready${nodes}` : `CouchDB cluster ${tag} is scaled${nodes}`;
}

/** In kanto's place for it. */
function withPassword(body: KantoBody<Cluster>, password: string | undefined): KantoBody<Cluster> {
  if (body.result === undefined || password === undefined) return body;
  const { Tag, Username, ...rest } = body.result;
  return { ...body, result: { Tag, Username, Password: password, ...rest } };
}
