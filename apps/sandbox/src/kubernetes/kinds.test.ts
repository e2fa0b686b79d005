import { applyMergePatch, jsonOf, type Json } from './json.js';
import { apiVersionOf, KIND_RULES, ruleOf } from './kinds.js';
import type { Kind, KubeObject } from './objects.js';
import { decode, prepareChange, prepareNew } from './prepare.js';
import { StatusError } from './status.js';
import { SAMPLES } from './testing/samples.js';

const SERVER_SET = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-02T03:04:05Z' };

function sent(kind: Kind, patch: object = {}): Json {
  const rule = ruleOf(kind);
  return jsonOf(applyMergePatch({ apiVersion: apiVersionOf(rule), kind, ...SAMPLES[kind] }, patch));
}

function made(kind: Kind, patch: object = {}): KubeObject {
  const rule = ruleOf(kind);
  const object = prepareNew(rule, 'default', decode(rule, sent(kind, patch)));
  return { ...object, metadata: { ...object.metadata, ...SERVER_SET } };
}

/** `code message` of what is thrown. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'not refused';
}

const changed = (kind: Kind, patch: object): string => {
  const rule = ruleOf(kind);
  const before = made(kind);
  const object: Json = { ...before };
  return refusal(() => prepareChange(rule, before, decode(rule, jsonOf(applyMergePatch(object, patch)))));
};

/** A container that differs from the sample's. */
const container = (kind: 'Deployment' | 'StatefulSet', patch: object): object => {
  const [first] = jsonOf(jsonOf(jsonOf(SAMPLES[kind]['spec'])['template'])['spec'])['containers'] as Json[];
  return { spec: { template: { spec: { containers: [applyMergePatch(first, patch)] } } } };
};

const AT = 'spec.template.spec.containers[0]';

describe('a new object', () => {
  it.each(KIND_RULES.map(({ kind }) => kind))('of kind %s passes, and is filled in only once', (kind) => {
    const rule = ruleOf(kind);
    const object = made(kind);
    const again = prepareChange(rule, object, decode(rule, { ...object }));
    expect(again).toEqual(object);
    expect(object.status === undefined).toBe(rule.status === undefined);
  });

  it.each<[Kind, object, string]>([
    [
      'Deployment',
      { metadata: { name: 'A' } },
      '422 Deployment.apps "A" is invalid: metadata.name: Invalid value: "A"',
    ],
    ['Deployment', { metadata: { name: null } }, 'metadata.name: Required value: name or generateName is required'],
    ['Deployment', { metadata: { labels: { 'a b': 'c' } } }, 'metadata.labels: Invalid value: "a b": name part'],
    ['Deployment', { metadata: { labels: { a: 'c d' } } }, 'metadata.labels: Invalid value: "c d": a valid label'],
    ['Deployment', { metadata: { annotations: { '/a': '' } } }, 'metadata.annotations: Invalid value: "/a": prefix'],
    ['Deployment', { metadata: { annotations: { a: 'x'.repeat(300_000) } } }, 'metadata.annotations: Too long'],
    [
      'Deployment',
      { metadata: { finalizers: ['mine'] } },
      'metadata.finalizers: Invalid value: "mine": name is neither',
    ],
    ['Deployment', { metadata: { generateName: 'a-' } }, 'metadata.generateName: Forbidden'],
    [
      'Deployment',
      { spec: { replicas: '2' } },
      '400 Deployment in version "v1" cannot be handled as a Deployment: json',
    ],
    [
      'Deployment',
      { spec: { replicaz: 2 } },
      '400 Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicaz"',
    ],
    ['Deployment', { metadata: { label: {} } }, 'unknown field "metadata.label"'],
    ['Deployment', container('Deployment', { imagePullPolicies: 'x' }), `unknown field "${AT}.imagePullPolicies"`],
    ['Deployment', { spec: { selector: null } }, '422 Deployment.apps "a" is invalid: spec.selector: Required value'],
    ['Deployment', { spec: { replicas: -1 } }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      'Deployment',
      { spec: { selector: { matchLabels: null } } },
      'spec.selector: Invalid value: {}: empty selector is invalid',
    ],
    [
      'Deployment',
      { spec: { selector: { matchLabels: { app: 'x' } } } },
      '`selector` does not match template `labels`',
    ],
    [
      'Deployment',
      { spec: { strategy: { type: 'Other' } } },
      'spec.strategy.type: Unsupported value: "Other": supported values: "Recreate", "RollingUpdate"',
    ],
    [
      'Deployment',
      { spec: { strategy: { type: 'Recreate', rollingUpdate: {} } } },
      'spec.strategy.rollingUpdate: Forbidden',
    ],
    [
      'Deployment',
      { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } } },
      'may not be 0 when `maxSurge` is 0',
    ],
    [
      'Deployment',
      { spec: { progressDeadlineSeconds: 5, minReadySeconds: 5 } },
      'must be greater than minReadySeconds',
    ],
    [
      'Deployment',
      { spec: { template: { spec: { restartPolicy: 'Never' } } } },
      'restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      'Deployment',
      { spec: { template: { spec: { containers: [] } } } },
      'spec.template.spec.containers: Required value',
    ],
    ['Deployment', { spec: { template: { spec: { volumes: [] } } } }, `${AT}.volumeMounts[0].name: Not found: "ini"`],
    [
      'Deployment',
      { spec: { template: { spec: { volumes: [{ name: 'ini' }] } } } },
      'volumes[0]: Required value: must specify a volume type',
    ],
    [
      'Deployment',
      { spec: { template: { spec: { volumes: [{ name: 'ini', emptyDir: {}, hostPath: { path: '/' } }] } } } },
      'may not specify more than 1 volume type',
    ],
    [
      'Deployment',
      container('Deployment', { name: 'A_B' }),
      `${AT}.name: Invalid value: "A_B": a lowercase RFC 1123 label`,
    ],
    ['Deployment', container('Deployment', { image: null }), `${AT}.image: Required value`],
    [
      'Deployment',
      container('Deployment', { imagePullPolicy: 'Often' }),
      `${AT}.imagePullPolicy: Unsupported value: "Often"`,
    ],
    [
      'Deployment',
      container('Deployment', { ports: [{ containerPort: 70_000 }] }),
      `${AT}.ports[0].containerPort: Invalid value: 70000`,
    ],
    [
      'Deployment',
      container('Deployment', { ports: [{ name: 'a-much-too-long-name', containerPort: 1 }] }),
      `${AT}.ports[0].name: Invalid value`,
    ],
    [
      'Deployment',
      container('Deployment', { env: [{ name: '1A', value: 'x' }] }),
      `${AT}.env[0].name: Invalid value: "1A"`,
    ],
    [
      'Deployment',
      container('Deployment', {
        env: [{ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }],
      }),
      'may not be specified when `value` is not empty',
    ],
    [
      'Deployment',
      container('Deployment', { volumeMounts: [{ name: 'ini', mountPath: '/a', subPath: '../b' }] }),
      'subPath: Invalid value: "../b": must not contain \'..\'',
    ],
    [
      'Deployment',
      container('Deployment', { readinessProbe: { httpGet: null } }),
      `${AT}.readinessProbe: Required value: must specify a handler type`,
    ],
    [
      'Deployment',
      container('Deployment', { livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } }),
      'successThreshold: Invalid value: 2: must be 1',
    ],
    [
      'Deployment',
      container('Deployment', { resources: { requests: { memory: '1Gi' } } }),
      'must be less than or equal to memory limit of 512Mi',
    ],
    [
      'Deployment',
      container('Deployment', { resources: { requests: { memory: 'much' } } }),
      'quantities must match the regular expression',
    ],
    ['StatefulSet', { metadata: { name: 'a'.repeat(53) } }, 'metadata.name: Invalid value'],
    [
      'StatefulSet',
      { spec: { podManagementPolicy: 'Serial' } },
      'spec.podManagementPolicy: Unsupported value: "Serial"',
    ],
    ['StatefulSet', { spec: { updateStrategy: { type: 'Recreate' } } }, 'spec.updateStrategy.type: Unsupported value'],
    [
      'StatefulSet',
      { spec: { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] } },
      'at least 1 access mode is required',
    ],
    [
      'ReplicationController',
      { spec: { selector: { app: 'x' } } },
      'ReplicationController "a" is invalid: spec.template.metadata.labels: Invalid value',
    ],
    ['ReplicationController', { spec: { template: null } }, 'spec.template: Required value'],
    ['Service', { metadata: { name: '1a' } }, 'metadata.name: Invalid value: "1a": a DNS-1035 label'],
    ['Service', { metadata: { name: 'a'.repeat(64) } }, 'must be no more than 63 characters'],
    ['Service', { spec: { ports: [] } }, 'spec.ports: Required value'],
    ['Service', { spec: { ports: [{ port: 1 }, { port: 2 }] } }, 'spec.ports[0].name: Required value'],
    [
      'Service',
      {
        spec: {
          ports: [
            { name: 'a', port: 1 },
            { name: 'b', port: 1 },
          ],
        },
      },
      'spec.ports[1]: Duplicate value',
    ],
    ['Service', { spec: { ports: [{ port: 0 }] } }, 'must be between 1 and 65535, inclusive'],
    [
      'Service',
      { spec: { type: 'NodePort' } },
      'spec.type: Unsupported value: "NodePort": supported values: "ClusterIP"',
    ],
    ['Service', { spec: { clusterIP: '10.0.0.1' } }, 'spec.clusterIPs: Forbidden'],
    ['Secret', { data: { COUCHDB_USER: 'no base64' } }, '400 Secret in version "v1" cannot be handled as a Secret'],
    ['Secret', { data: { COUCHDB_USER: 'YQ' } }, '400 Secret in version "v1" cannot be handled as a Secret'],
    ['Secret', { data: { 'a/b': 'YQ==' } }, 'data[a/b]: Invalid value: "a/b": a valid config key'],
    ['Secret', { immutable: true }, 'immutable: Forbidden'],
    ['PersistentVolumeClaim', { spec: { accessModes: ['Write'] } }, 'spec.accessModes[0]: Unsupported value: "Write"'],
    ['PersistentVolumeClaim', { spec: { resources: { requests: { storage: '0' } } } }, 'must be greater than zero'],
    [
      'PersistentVolumeClaim',
      { spec: { resources: { requests: { storage: null } } } },
      'spec.resources[storage]: Required value',
    ],
    ['PodDisruptionBudget', { spec: { minAvailable: 1 } }, 'minAvailable and maxUnavailable cannot be both set'],
    ['PodDisruptionBudget', { spec: { maxUnavailable: 'some' } }, 'spec.maxUnavailable: Invalid value: "some"'],
    [
      'NetworkPolicy',
      { spec: { ingress: [{ from: [{}] }] } },
      'spec.ingress[0].from[0]: Required value: must specify a peer',
    ],
    [
      'NetworkPolicy',
      { spec: { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0' } }] }] } },
      'must be a valid CIDR value',
    ],
    ['NetworkPolicy', { spec: { policyTypes: ['In'] } }, 'spec.policyTypes[0]: Unsupported value: "In"'],
    ['Pod', { spec: { dnsPolicy: 'Mine' } }, 'Pod "a" is invalid: spec.dnsPolicy: Unsupported value: "Mine"'],
  ])('%s with %j is refused: %s', (kind, patch, words) => {
    expect(refusal(() => made(kind, patch))).toContain(words);
  });

  it('is refused for everything that is wrong with it at once', () => {
    const patch = { metadata: { name: 'A' }, spec: { replicas: -1 } };
    const rule = ruleOf('Deployment');
    try {
      prepareNew(rule, 'default', decode(rule, sent('Deployment', patch)));
    } catch (error) {
      expect((error as StatusError).details?.causes?.map(({ field }) => field)).toEqual([
        'metadata.name',
        'spec.replicas',
      ]);
      expect((error as StatusError).message).toMatch(
        /^Deployment.apps "A" is invalid: \[metadata.name: .*, spec.replicas: .*\]$/,
      );
    }
    expect.assertions(2);
  });
});

describe('a change', () => {
  it.each<[Kind, object]>([
    ['Deployment', { spec: { replicas: 3, template: { metadata: { labels: { more: 'x' } } } } }],
    ['StatefulSet', { spec: { replicas: 3, updateStrategy: { type: 'OnDelete', rollingUpdate: null } } }],
    ['ReplicationController', { spec: { replicas: 0 } }],
    ['Service', { metadata: { annotations: { a: 'b' } }, spec: { selector: { other: 'x' } } }],
    ['Secret', { data: { more: 'YQ==' } }],
    ['PersistentVolumeClaim', { spec: { resources: { requests: { storage: '6Gi' } } } }],
    ['PodDisruptionBudget', { spec: { maxUnavailable: '50%' } }],
    ['NetworkPolicy', { spec: { ingress: null } }],
    ['Pod', { metadata: { labels: { a: 'b' } }, spec: { activeDeadlineSeconds: 5 } }],
  ])('of a %s to %j passes', (kind, patch) => {
    expect(changed(kind, patch)).toBe('not refused');
  });

  it.each<[Kind, object, string]>([
    ['Deployment', { metadata: { name: 'b' } }, 'metadata.name: Invalid value: "b": field is immutable'],
    [
      'Deployment',
      { spec: { selector: { matchLabels: null, matchExpressions: [{ key: 'app', operator: 'Exists' }] } } },
      'field is immutable',
    ],
    [
      'StatefulSet',
      { spec: { serviceName: 'b' } },
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals'",
    ],
    ['StatefulSet', { spec: { podManagementPolicy: 'Parallel' } }, 'spec: Forbidden: updates to statefulset spec'],
    ['Service', { spec: { clusterIP: 'None', clusterIPs: ['None'] } }, 'may not change once set'],
    ['Secret', { type: 'other' }, 'type: Invalid value: "other": field is immutable'],
    [
      'PersistentVolumeClaim',
      { spec: { accessModes: ['ReadOnlyMany'] } },
      'spec: Forbidden: spec is immutable after creation',
    ],
    [
      'PersistentVolumeClaim',
      { spec: { resources: { requests: { storage: '4Gi' } } } },
      'field can not be less than status.capacity',
    ],
    [
      'Pod',
      { spec: { terminationGracePeriodSeconds: 5 } },
      'spec: Forbidden: pod updates may not change fields other than',
    ],
    ['Pod', { spec: { replicas: 5 } }, 'unknown field "spec.replicas"'],
  ])('of a %s to %j is refused: %s', (kind, patch, words) => {
    expect(changed(kind, patch)).toContain(words);
  });

  it('leaves what only the server sets as it was', () => {
    const rule = ruleOf('Deployment');
    const before = { ...made('Deployment'), status: { replicas: 1 } };
    const patch = { metadata: { uid: 'x', creationTimestamp: '2020-01-01T00:00:00Z' }, status: { replicas: 9 } };
    const after = prepareChange(rule, before, decode(rule, jsonOf(applyMergePatch({ ...before }, patch))));
    expect(after).toEqual(before);
  });
});

describe('what is filled in', () => {
  it('makes a container larger than it was sent', () => {
    const [first] = jsonOf(jsonOf(made('Deployment').spec?.['template'])['spec'])['containers'] as Json[];
    expect(first).toMatchObject({
      imagePullPolicy: 'IfNotPresent',
      terminationMessagePath: '/dev/termination-log',
      ports: [{ protocol: 'TCP' }],
      readinessProbe: { failureThreshold: 3, httpGet: { scheme: 'HTTP' } },
    });
  });

  it('gives a claim its class and its protection, and a Secret its type', () => {
    expect(made('PersistentVolumeClaim')).toMatchObject({
      metadata: { finalizers: ['kubernetes.io/pvc-protection'] },
      spec: { storageClassName: 'standard', volumeMode: 'Filesystem' },
    });
    expect(made('Secret', { data: null, stringData: { a: 'b' } })).toMatchObject({
      type: 'Opaque',
      data: { a: 'Yg==' },
    });
  });

  it('adds no class to a claim that was made without', () => {
    const rule = ruleOf('PersistentVolumeClaim');
    const { spec, ...claim } = made('PersistentVolumeClaim');
    const { storageClassName: _class, ...classless } = jsonOf(spec);
    const before = { ...claim, spec: classless };
    expect(prepareChange(rule, before, decode(rule, { ...before }))).toEqual(before);
  });

  it('takes the labels of a template for the selector of a ReplicationController', () => {
    expect(made('ReplicationController', { spec: { selector: null } }).spec).toMatchObject({
      selector: { app: 'couchdb' },
    });
  });
});
