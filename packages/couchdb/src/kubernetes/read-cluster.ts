import type { V1Pod, V1Service } from '@kubernetes/client-node';
import { isIPv6 } from 'node:net';
import type { ClusterNode, StandingCluster } from '../cluster.js';
import { CONTAINER, COUCHDB_PORT, LABELS, nodeName, readState, type ClusterState } from './manifests/index.js';

/** All clusters that these Services and pods make up, by owner and tag. */
export function readClusters(services: readonly V1Service[], pods: readonly V1Pod[]): StandingCluster[] {
  const [servicesOf, podsOf] = [groupByCluster(services), groupByCluster(pods)];
  const clusters = services.flatMap((service) => {
    const state = readState(service);
    if (state === undefined) return [];
    return [readCluster(state, service, servicesOf.get(state.name) ?? [], podsOf.get(state.name) ?? [])];
  });
  return clusters.sort((a, b) => compare(a.owner, b.owner) || compare(a.tag, b.tag));
}

function groupByCluster<T extends V1Service | V1Pod>(objects: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const object of objects) {
    const name = object.metadata?.labels?.[LABELS.instance] ?? '';
    groups.set(name, [...(groups.get(name) ?? []), object]);
  }
  return groups;
}

function readCluster(
  state: ClusterState,
  front: V1Service,
  services: readonly V1Service[],
  pods: readonly V1Pod[],
): StandingCluster {
  const address = addressOf(front, true);
  return {
    ...state,
    ...(address === undefined ? {} : { endpoint: `http://${inUrl(address)}:${COUCHDB_PORT}` }),
    nodes: readNodes(state, services, pods.filter(isAlive).sort(byAge)),
  };
}

function readNodes(state: ClusterState, services: readonly V1Service[], pods: readonly V1Pod[]): ClusterNode[] {
  if (state.spawner === 'deployment')
    return pods.map((pod) => readNode(pod.metadata?.name ?? '', pod, pod.status?.podIP));
  const isRc = state.spawner === 'rc';
  const podOf = new Map<string, V1Pod>();
  for (const pod of pods) {
    const node = isRc ? pod.metadata?.labels?.[LABELS.node] : pod.metadata?.name;
    // Of two for one node the one that is ready, else the youngest: the other is being replaced.
    if (node !== undefined && !isReady(podOf.get(node))) podOf.set(node, pod);
  }
  const first = isRc ? 1 : 0;
  const wished = Array.from({ length: state.replicas }, (_, index) => nodeName(state, first + index));
  const names = [...new Set([...wished, ...podOf.keys()])].sort((a, b) => numberOf(a) - numberOf(b));
  return names.map((name) => {
    const pod = podOf.get(name);
    const service = services.find(({ metadata }) => metadata?.name === name);
    return readNode(name, pod, isRc ? addressOf(service, false) : pod?.status?.podIP);
  });
}

function readNode(name: string, pod: V1Pod | undefined, address: string | undefined): ClusterNode {
  return {
    name,
    ...(pod?.metadata?.name === undefined ? {} : { pod: pod.metadata.name }),
    ...(address === undefined || address === '' ? {} : { address }),
    incarnation: pod === undefined ? '' : incarnationOf(pod),
    ready: isReady(pod) && address !== undefined && address !== '',
    leaving: pod?.metadata?.labels?.[LABELS.serving] === 'false',
  };
}

/** Its pod, and how often its container was started anew. */
export function incarnationOf({ metadata, status }: V1Pod): string {
  const container = status?.containerStatuses?.find(({ name }) => name === CONTAINER);
  return `${metadata?.uid ?? ''}:${container?.restartCount ?? 0}`;
}

/** One that is ending, or has ended, is no node any more. */
function isAlive(pod: V1Pod): boolean {
  return pod.metadata?.deletionTimestamp === undefined && !hasEnded(pod);
}

/** None of its containers runs, or will: one that was evicted is listed for long. */
export function hasEnded({ status }: V1Pod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}

function isReady(pod: V1Pod | undefined): boolean {
  return pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

function byAge(a: V1Pod, b: V1Pod): number {
  const born = ({ metadata }: V1Pod): number => metadata?.creationTimestamp?.getTime() ?? 0;
  return born(a) - born(b) || compare(a.metadata?.name ?? '', b.metadata?.name ?? '');
}

/** Where a Service is reached. Of the front a balancer's address comes first, should somebody have given it one. */
function addressOf(service: V1Service | undefined, isFront: boolean): string | undefined {
  const balancer = isFront ? service?.status?.loadBalancer?.ingress?.[0] : undefined;
  const address = balancer?.ip ?? balancer?.hostname ?? service?.spec?.clusterIP;
  return address === '' || address === 'None' ? undefined : address;
}

const inUrl = (address: string): string => (isIPv6(address) ? `[${address}]` : address);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The number that a node's name ends in; -1: none. */
export function numberOf(node: string): number {
  return Number(/-(\d+)$/.exec(node)?.[1] ?? -1);
}
