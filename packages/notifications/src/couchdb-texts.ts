import { code, cutText, shortReason } from './mrkdwn.js';

/** A CouchDB cluster, as it is told of. */
export interface ToldCluster {
  /** The account's name. */
  readonly owner: string;
  readonly tag: string;
}

type ToldOperation = 'create' | 'delete' | 'scale' | 'replicate';

const NOT_DONE = {
  create: 'create',
  delete: 'delete',
  scale: 'scale',
  replicate: 'change what is replicated in',
} as const satisfies Record<ToldOperation, string>;

/** An operation on a cluster is done. `message`: as the caller is told, who knows whose cluster it is. */
export function clusterChanged(cluster: ToldCluster, message: string): string {
  return cutText(shortReason(message).replace(`CouchDB cluster ${cluster.tag}`, name(cluster)));
}

/** An operation on a cluster has failed. */
export function clusterNotChanged(operation: ToldOperation, cluster: ToldCluster, reason: string): string {
  return cutText(`Could not ${NOT_DONE[operation]} ${name(cluster)}: ${shortReason(reason)}`);
}

/** Names of nodes: those which the ring goes round now, those that joined it, and those that were started anew in it. */
export interface ToldMending {
  readonly bypassed: readonly string[];
  readonly joined: readonly string[];
  readonly restarted: readonly string[];
  /** How many the ring goes through, and how many are wished. */
  readonly nodes: number;
  readonly replicas: number;
}

/** The ring of a cluster did not go through the nodes that were there, and does now. */
export function ringMended(cluster: ToldCluster, mending: ToldMending): string {
  const { bypassed, joined, restarted, nodes, replicas } = mending;
  const changes = [
    ...(bypassed.length === 0 ? [] : [`${list(bypassed)} bypassed`]),
    ...(joined.length === 0 ? [] : [`${list(joined)} put in`]),
    ...(restarted.length === 0 ? [] : [`${list(restarted)} put back after a new start`]),
  ];
  const state =
    nodes === replicas
      ? `it is whole again, ${nodes === 1 ? '1 node' : `${nodes} nodes`}`
      : `it goes through ${nodes} of ${replicas} nodes`;
  return cutText(`The ring of ${name(cluster)}: ${[...changes, state].join('; ')}`);
}

function list(names: readonly string[]): string {
  return names.map(code).join(', ');
}

function name({ owner, tag }: ToldCluster): string {
  return `CouchDB cluster ${code(tag)} of ${code(owner)}`;
}
