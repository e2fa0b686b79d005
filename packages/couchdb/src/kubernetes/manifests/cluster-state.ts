import type { V1Service } from '@kubernetes/client-node';
import { SPAWNER_TYPES, type RingNode, type StandingCluster } from '../../cluster.js';
import { LABELS } from './labels.js';

/** What is kept with a cluster: on its front Service, in annotations. */
export type ClusterState = Omit<StandingCluster, 'nodes' | 'endpoint'>;
/** What of it changes. */
export type ChangingState = Partial<Pick<ClusterState, 'replicas' | 'databases' | 'deleting' | 'ring'>>;

const ANNOTATIONS = {
  account: 'quartermaster/account',
  spawner: 'quartermaster/spawner',
  createdBy: 'quartermaster/created-by',
  replicas: 'quartermaster/replicas',
  databases: 'quartermaster/databases',
  deleting: 'quartermaster/deleting',
  ring: 'quartermaster/ring',
} as const;

/** Annotations that say this. `null`: there should be none of that name. */
export function writeState({ replicas, databases, deleting, ring }: ChangingState): Record<string, string | null> {
  return {
    ...(replicas === undefined ? {} : { [ANNOTATIONS.replicas]: String(replicas) }),
    ...(databases === undefined ? {} : { [ANNOTATIONS.databases]: JSON.stringify(databases) }),
    ...(deleting === undefined ? {} : { [ANNOTATIONS.deleting]: deleting ? 'true' : null }),
    ...(ring === undefined ? {} : { [ANNOTATIONS.ring]: JSON.stringify(ring.map(plainNode)) }),
  };
}

/** The annotations that a new cluster begins with. */
export function writeNewState(
  state: Pick<ClusterState, 'owner' | 'spawner' | 'createdBy' | 'replicas' | 'databases'>,
): Record<string, string> {
  const { owner, spawner, createdBy, replicas, databases } = state;
  return {
    [ANNOTATIONS.account]: owner,
    [ANNOTATIONS.spawner]: spawner,
    [ANNOTATIONS.createdBy]: createdBy,
    [ANNOTATIONS.replicas]: String(replicas),
    [ANNOTATIONS.databases]: JSON.stringify(databases),
  };
}

/**
 * What a front Service says. `undefined`: it is none. What somebody made unreadable counts as it would for a new cluster,
 * so that one bad annotation hides no cluster.
 */
export function readState({ metadata = {} }: V1Service): ClusterState | undefined {
  const { name, namespace, labels = {}, annotations = {} } = metadata;
  const owner = annotations[ANNOTATIONS.account];
  const spawner = SPAWNER_TYPES.find((type) => type === annotations[ANNOTATIONS.spawner]);
  const tag = labels[LABELS.tag];
  const isFront = labels[LABELS.component] === 'front' && name === labels[LABELS.instance];
  if (!isFront || name === undefined || owner === undefined || spawner === undefined || tag === undefined)
    return undefined;
  return {
    owner,
    tag,
    spawner,
    name,
    namespace: namespace ?? '',
    createdBy: annotations[ANNOTATIONS.createdBy] ?? '',
    replicas: readReplicas(annotations[ANNOTATIONS.replicas]),
    databases: readList(annotations[ANNOTATIONS.databases]).filter((entry) => typeof entry === 'string'),
    deleting: annotations[ANNOTATIONS.deleting] === 'true',
    ring: readList(annotations[ANNOTATIONS.ring]).flatMap(readNode),
  };
}

function readReplicas(text: string | undefined): number {
  const replicas = Number(text);
  return Number.isInteger(replicas) && replicas >= 1 ? replicas : 1;
}

function readList(text = '[]'): unknown[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

function readNode(entry: unknown): RingNode[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const { name, address, incarnation } = entry as Record<string, unknown>;
  const isNode = typeof name === 'string' && typeof address === 'string' && typeof incarnation === 'string';
  return isNode ? [{ name, address, incarnation }] : [];
}

const plainNode = ({ name, address, incarnation }: RingNode): RingNode => ({ name, address, incarnation });
