import type { KubeObject } from '../objects.js';
import { objectsOf } from '../json.js';
import { conditionOf, isReady, numberOf } from './pod-spec.js';

const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The order in which a ReplicaSet or a ReplicationController gives up its pods, the first to go first: `ActivePodsWithRanks` of
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/controller_utils.go. All pods here are on one node,
 * so that the rank by nodes is the same for all.
 */
export function rankForDeletion(pods: readonly KubeObject[], now: number): KubeObject[] {
  return pods.toSorted(
    (a, b) =>
      number(isScheduled(a)) - number(isScheduled(b)) ||
      phaseOf(a) - phaseOf(b) ||
      number(isReady(a)) - number(isReady(b)) ||
      costOf(a) - costOf(b) ||
      byAge(readySince(a), readySince(b), a, b, now) ||
      restartsOf(b) - restartsOf(a) ||
      byAge(bornAt(a), bornAt(b), a, b, now),
  );
}

const number = (holds: boolean): number => (holds ? 1 : 0);

const isScheduled = (pod: KubeObject): boolean => pod.spec?.['nodeName'] !== undefined;

function phaseOf(pod: KubeObject): number {
  const phase = pod.status?.['phase'];
  return (typeof phase === 'string' ? PHASES[phase] : undefined) ?? 0;
}

/** What is no whole number counts as 0. */
function costOf({ metadata }: KubeObject): number {
  const cost = metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? '0';
  return /^-?\d+$/.test(cost) ? Number(cost) : 0;
}

function restartsOf(pod: KubeObject): number {
  return Math.max(
    0,
    ...objectsOf(pod.status?.['containerStatuses']).map((status) => numberOf(status['restartCount'], 0)),
  );
}

function readySince(pod: KubeObject): number {
  return isReady(pod) ? Date.parse(String(conditionOf(pod, 'Ready')?.['lastTransitionTime'])) : 0;
}

const bornAt = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp);

/** The younger goes first, but ages of the same power of two are alike: among those the uid decides. */
function byAge(one: number, other: number, a: KubeObject, b: KubeObject, now: number): number {
  if (one === other) return 0;
  if (one === 0 || other === 0) return one - other;
  const power = (time: number): number => Math.floor(Math.log2(Math.max(1, now - time)));
  const difference = power(one) - power(other);
  if (difference !== 0) return difference;
  return a.metadata.uid < b.metadata.uid ? -1 : 1;
}
