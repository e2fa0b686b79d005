import type { KubeObject } from '../harness/couchdb';

/** Without what Kubernetes writes by itself: of a pod that was not ready for a moment, and of whoever counts it. */
const wishOf = ({ status: _status, metadata: { ...metadata }, ...rest }: KubeObject): object => {
  const { resourceVersion: _version, ...kept } = metadata as KubeObject['metadata'] & { resourceVersion?: string };
  return { ...rest, metadata: kept };
};

const statusesOfPods = (objects: readonly KubeObject[]): string =>
  JSON.stringify(objects.flatMap(({ kind, status }) => (kind === 'Pod' ? [status] : [])));

/**
 * Expects objects to be what they were, to the byte; where a pod was not ready meanwhile, which a busy machine may bring
 * about, all of them but their statuses.
 */
export function expectUnchanged(what: string, before: readonly KubeObject[], now: readonly KubeObject[]): void {
  const isCalm = statusesOfPods(before) === statusesOfPods(now);
  const shown = (objects: readonly KubeObject[]): string => JSON.stringify(isCalm ? objects : objects.map(wishOf));
  expect([what, shown(now)]).toEqual([what, shown(before)]);
}
