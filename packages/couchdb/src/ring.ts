import { createHash } from 'node:crypto';
import type { RingNode } from './cluster.js';
import { REPLICATION_PREFIX, type ReplicationWish } from './couch-port.js';

/** One way of one database from a node to the next. */
export interface RingEdge extends ReplicationWish {
  /** Names of nodes. */
  readonly source: string;
  readonly target: string;
}

/**
 * The ways of a ring: every node's databases go on to the next one, the last one's to the first. `leaving` are nodes that
 * nobody sends to any more; what they have goes on to the ring's first node. One node alone needs no ring.
 */
export function planRing(
  nodes: readonly RingNode[],
  databases: readonly string[],
  leaving: readonly RingNode[] = [],
): RingEdge[] {
  const ways = [
    ...(nodes.length < 2 ? [] : nodes.map((node, index) => [node, nodes[(index + 1) % nodes.length]] as const)),
    ...leaving.map((node) => [node, nodes[0]] as const),
  ];
  return ways.flatMap(([from, to]) =>
    to === undefined ? [] : databases.map((database) => edge(from, to, database, true)),
  );
}

/** Everything that `from` has of a database, brought to `to` once. */
export function planCopy(from: RingNode, to: RingNode, database: string): RingEdge {
  return edge(from, to, database, false);
}

function edge(from: RingNode, to: RingNode, database: string, continuous: boolean): RingEdge {
  return {
    id: `${REPLICATION_PREFIX}${continuous ? 'ring' : 'copy'}-${fingerprint(from, to, database)}`,
    database,
    from: from.address,
    to: to.address,
    continuous,
    source: from.name,
    target: to.name,
  };
}

/**
 * The same ends have the same id. A node that was started anew is another end: its neighbour may have given up on it, or
 * waits long until it tries again, so the way is drawn anew.
 */
function fingerprint(from: RingNode, to: RingNode, database: string): string {
  const ends = [from, to].map(({ name, address, incarnation }) => [name, address, incarnation]);
  return createHash('sha256')
    .update(JSON.stringify([database, ...ends]))
    .digest('hex')
    .slice(0, 20);
}

/** Whether two rings go the same way through the same nodes. */
export function isSameRing(a: readonly RingNode[], b: readonly RingNode[]): boolean {
  const plain = (ring: readonly RingNode[]): string =>
    JSON.stringify(ring.map(({ name, address, incarnation }) => [name, address, incarnation]));
  return plain(a) === plain(b);
}
