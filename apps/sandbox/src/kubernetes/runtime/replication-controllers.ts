import { jsonOf, stringsOf } from '../json.js';
import type { KubeObject } from '../objects.js';
import { matchesMap } from '../selectors.js';
import type { ControlWorld } from './controller.js';
import { asController, claimPods } from './ownership.js';
import { isLeaving, numberOf } from './pod-spec.js';
import { countPods, keepReplicas, withoutZeros } from './replicas.js';

/** ReplicationControllers: so many pods `<name>-<5 letters>` at all times. What changes in the template meets new pods only. */
export function reconcileReplicationControllers(world: ControlWorld): void {
  for (const controller of world.store.list('ReplicationController')) {
    if (!isLeaving(controller)) reconcile(world, controller);
  }
}

function reconcile(world: ControlWorld, controller: KubeObject): void {
  const { namespace, generation } = controller.metadata;
  const template = jsonOf(controller.spec?.['template']);
  const labels = stringsOf(jsonOf(template['metadata'])['labels']);
  const selector = stringsOf(controller.spec?.['selector'] ?? labels);
  const owner = asController(controller);
  const claim = (): KubeObject[] =>
    claimPods(world.store, namespace, owner, ({ metadata }) => matchesMap(selector, metadata.labels ?? {}));
  keepReplicas(world, {
    namespace,
    owner,
    template,
    replicas: numberOf(controller.spec?.['replicas'], 1),
    pods: claim(),
  });
  const counts = countPods(claim());
  const status = withoutZeros({ ...counts, fullyLabeledReplicas: counts.replicas, observedGeneration: generation });
  world.store.update({ ...controller, status });
}
