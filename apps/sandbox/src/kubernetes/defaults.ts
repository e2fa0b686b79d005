import { isJson, jsonOf, listOf, stringsOf, textOf, withChanged, withDefaults, withEach, type Json } from './json.js';
import { withPodDefaults, withTemplateDefaults } from './pod-defaults.js';

/** What the API server fills in by kind, so that an object comes back larger than it was sent. */
export type Defaults = (object: Json) => Json;

export const podDefaults: Defaults = (pod) => ofSpec(pod, withPodDefaults);

export const deploymentDefaults: Defaults = (deployment) =>
  ofSpec(deployment, (spec) => {
    const filled = withDefaults(spec, {
      replicas: 1,
      strategy: {},
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: {},
    });
    const strategy = withDefaults(jsonOf(filled['strategy']), { type: 'RollingUpdate' });
    return {
      ...filled,
      strategy: strategy['type'] === 'RollingUpdate' ? withRolling(strategy) : strategy,
      template: withTemplateDefaults(filled['template']),
    };
  });

function withRolling(strategy: Json): Json {
  const rollingUpdate = withDefaults(jsonOf(strategy['rollingUpdate']), { maxSurge: '25%', maxUnavailable: '25%' });
  return { ...strategy, rollingUpdate };
}

export const statefulSetDefaults: Defaults = (set) =>
  ofSpec(set, (spec) => {
    const filled = withDefaults(spec, {
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      revisionHistoryLimit: 10,
      updateStrategy: {},
      persistentVolumeClaimRetentionPolicy: {},
      template: {},
    });
    const update = withDefaults(jsonOf(filled['updateStrategy']), { type: 'RollingUpdate' });
    const rolling = { ...update, rollingUpdate: withDefaults(jsonOf(update['rollingUpdate']), { partition: 0 }) };
    const retention = jsonOf(filled['persistentVolumeClaimRetentionPolicy']);
    const claimed = withEach(filled, 'volumeClaimTemplates', (claim) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      ...ofSpec(claim, withClaimSpecDefaults),
      status: { phase: 'Pending' },
    }));
    return {
      ...claimed,
      updateStrategy: update['type'] === 'RollingUpdate' ? rolling : update,
      persistentVolumeClaimRetentionPolicy: withDefaults(retention, { whenDeleted: 'Retain', whenScaled: 'Retain' }),
      template: withTemplateDefaults(filled['template']),
    };
  });

/** A ReplicationController selects by the labels of its template, and carries them, where it says nothing else. */
export const replicationControllerDefaults: Defaults = (controller) => {
  const { template } = jsonOf(controller['spec']);
  const labels = stringsOf(jsonOf(jsonOf(template)['metadata'])['labels']);
  const given = Object.keys(labels).length === 0 ? undefined : labels;
  const metadata = withDefaults(jsonOf(controller['metadata']), { labels: given });
  return ofSpec({ ...controller, metadata }, (spec) =>
    withChanged(withDefaults(spec, { replicas: 1, selector: given }), 'template', withTemplateDefaults),
  );
};

export const serviceDefaults: Defaults = (service) =>
  ofSpec(service, (spec) => {
    const filled = withDefaults(spec, { type: 'ClusterIP', sessionAffinity: 'None' });
    const family = { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', internalTrafficPolicy: 'Cluster' };
    const address = filled['clusterIP'];
    const addressed = withDefaults(filled, { ...family, clusterIPs: textOf(address) === '' ? undefined : [address] });
    return withEach(addressed, 'ports', (port) =>
      withDefaults(port, { protocol: 'TCP', targetPort: port['targetPort'] ?? port['port'] }),
    );
  });

/** `stringData` is for writing only, and wins. */
export const secretDefaults: Defaults = ({ stringData, ...secret }) => {
  const written = Object.entries(stringsOf(stringData)).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  const data = { ...stringsOf(secret['data']), ...Object.fromEntries(written) };
  const kept = isJson(secret['data']) || written.length > 0 ? { data } : {};
  return { ...withDefaults(secret, { type: 'Opaque' }), ...kept };
};

export const claimDefaults: Defaults = (claim) => ofSpec(claim, withClaimSpecDefaults);

export const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';

/** What the admission of new claims adds: the class of storage, and the finalizer that keeps it under a pod that uses it. */
export const claimAdmission: Defaults = (claim) => {
  const metadata = jsonOf(claim['metadata']);
  const finalizers = [...new Set([...listOf(metadata['finalizers']), CLAIM_PROTECTION])];
  const admitted = { ...claim, metadata: { ...metadata, finalizers } };
  return ofSpec(admitted, (spec) => withDefaults(spec, { storageClassName: 'standard' }));
};

function withClaimSpecDefaults(spec: Json): Json {
  return withDefaults(spec, { volumeMode: 'Filesystem' });
}

export const networkPolicyDefaults: Defaults = (policy) =>
  ofSpec(policy, (spec) => {
    const policyTypes = ['Ingress', ...(listOf(spec['egress']).length > 0 ? ['Egress'] : [])];
    const ports = (rule: Json): Json => withEach(rule, 'ports', (port) => withDefaults(port, { protocol: 'TCP' }));
    return withEach(withEach(withDefaults(spec, { policyTypes }), 'ingress', ports), 'egress', ports);
  });

export const noDefaults: Defaults = (object) => object;

function ofSpec(object: Json, change: (spec: Json) => Json): Json {
  return { ...object, spec: change(jsonOf(object['spec'])) };
}
