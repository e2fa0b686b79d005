import { ApiFailure, mayBeDone } from '../../api/api-failure.js';
import type { Api, ApiAnswer } from '../../api/api.js';
import type { Argument, Given, Option } from '../../command.js';
import type { Account } from '../../config/settings.js';
import { PROGRAM, type Context } from '../../context.js';
import { accountNames } from './account-names.js';

/** A cluster as the API shows it, in kanto's words. */
export interface Cluster {
  readonly Tag: string;
  readonly Username: string;
  /** In the answer to `create` only. */
  readonly Password?: string;
  /** Nodes that are wished. */
  readonly Replicas: number;
  /** Empty while there is none. */
  readonly Endpoint: string;
  readonly Namespace: string;
  readonly Spawner?: string;
  readonly Databases?: readonly string[];
  /** Nodes that are there. */
  readonly Nodes?: readonly ClusterNode[];
  /** The ring as it was drawn last; empty for one node. */
  readonly Replications?: readonly ClusterReplication[];
  readonly Deleting?: true;
  /** What was asked for last, and what came of it. */
  readonly LastOperation?: LastOperation;
  /** In the answer to a change that goes on: its id, as in `LastOperation`. */
  readonly Operation?: string;
}

export interface LastOperation {
  readonly Id: string;
  readonly Kind: string;
  readonly State: 'waiting' | 'done' | 'failed';
  /** For people, once it has ended. */
  readonly Message?: string;
  /** Of a failure. */
  readonly Code?: string;
}

export interface ClusterNode {
  readonly Name: string;
  readonly Ready: boolean;
  readonly Address?: string;
}

export interface ClusterReplication {
  readonly Database: string;
  /** Names of nodes. */
  readonly From: string;
  readonly To: string;
  /** `running`, or what it is instead. */
  readonly State: string;
  readonly Reason?: string;
  /** Changes that have not gone on yet. */
  readonly Pending?: number;
}

/** Every answer below /v0/. */
export interface KantoBody<Result> {
  readonly status: string;
  readonly status_message?: string;
  readonly result?: Result;
}

/** Options of every command of a cluster. */
export const ACCOUNT_OPTIONS: readonly Option[] = [
  {
    flags: '--account <name>',
    summary: 'The account that the clusters belong to (QUARTERMASTER_ACCOUNT)',
    completion: accountNames,
  },
  {
    flags: '--account-token-file <file>',
    summary: 'A file that holds its token, - for standard input (QUARTERMASTER_ACCOUNT_TOKEN holds it itself)',
    completion: 'files',
  },
];

/** The server holds an answer for 25 s at most; this is longer. */
const TIMEOUT_MS = 40_000;

type Fields = Readonly<Record<string, string | undefined>>;
export type Change = 'create' | 'scale' | 'replicate' | 'delete';

/** `list` or `detail`, of the account in the settings. */
export async function askCouchdb<Result>(
  context: Pick<Context, 'api' | 'account'>,
  kind: 'list' | 'detail',
  fields: Fields = {},
): Promise<KantoBody<Result>> {
  const { api, account } = context;
  const { body } = await api.request<KantoBody<Result>>({
    method: 'POST',
    path: `/v0/${kind}`,
    form: { ...account, ...fields },
    isQuestion: true,
    isAnonymous: true,
    timeoutMs: TIMEOUT_MS,
  });
  return body;
}

/** Asks for a change, and waits so many seconds (25 at most) for what comes of it: 200 it is done, 202 it goes on. */
export function changeCouchdb(
  { api, account }: Context,
  kind: Change,
  fields: Fields,
  waitSeconds: number,
): Promise<ApiAnswer<KantoBody<Cluster>>> {
  return api.request<KantoBody<Cluster>>({
    method: 'POST',
    path: `/v0/${kind}`,
    form: { ...account, ...fields },
    headers: { prefer: `wait=${waitSeconds}` },
    isAnonymous: true,
    timeoutMs: TIMEOUT_MS,
  });
}

/** How `couchdb detail` watches for what was asked for. */
export function watchWords(kind: string): string {
  return kind === 'delete' ? '--watch --deleted' : '--watch';
}

const OF_OPERATORS = 'Asking again does not help before that is mended; whoever operates Quartermaster can.';

/** A failure with an advice for clusters, where the usual one does not fit. */
export function adviseOnCluster(error: unknown, tag: string): unknown {
  const detail = `\`${PROGRAM} couchdb detail ${tag}\``;
  if (mayBeDone(error)) return error.advising(`See whether it was accepted: ${detail}`);
  if (!(error instanceof ApiFailure)) return error;
  const advice = adviceFor(error.code, tag, detail);
  return advice === undefined ? error : error.advising(advice);
}

/** What to do about an operation that ended with this code. */
export function adviceOnEnd(code: string, tag: string): string | undefined {
  return adviceFor(code, tag, `\`${PROGRAM} couchdb detail ${tag}\``);
}

function adviceFor(code: string, tag: string, detail: string): string | undefined {
  switch (code) {
    case 'unauthorized':
      return `The name or the token of the account is wrong: --account, --account-token-file, QUARTERMASTER_ACCOUNT and QUARTERMASTER_ACCOUNT_TOKEN. An administrator makes a new token: \`${PROGRAM} accounts rotate <name>\`.`;
    case 'unknown-cluster':
    case 'cluster-gone':
      return `See which there are: \`${PROGRAM} couchdb list\``;
    case 'cluster-exists':
      return `Look at it: ${detail}, or take another tag.`;
    case 'cluster-deleting':
      return `Wait until it is gone: \`${PROGRAM} couchdb detail ${tag} ${watchWords('delete')}\``;
    case 'kubernetes-refused':
    case 'kubernetes-forbidden':
    case 'couchdb-refused':
    case 'couchdb-unreachable':
      return OF_OPERATORS;
    case 'cluster-not-ready':
    case 'nodes-not-confirmed':
    case 'couchdb-copy-stands-still':
    case 'ring-unsettled':
      return `See which nodes are not as they should be: ${detail}`;
    default:
      return undefined;
  }
}

async function clusterTags(api: Api, _given: Given, account?: Account): Promise<readonly string[]> {
  if (account === undefined) return [];
  const { result = [] } = await askCouchdb<readonly Cluster[]>({ api, account }, 'list');
  return result.map(({ Tag }) => Tag);
}

/** The cluster that a command is about. */
export const TAG: Argument = { name: 'tag', summary: 'The cluster’s tag', completion: clusterTags };
