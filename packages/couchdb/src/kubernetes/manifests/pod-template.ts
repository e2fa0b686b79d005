import type { V1Container, V1EnvVar, V1PodTemplateSpec, V1Probe, V1Volume } from '@kubernetes/client-node';
import { imageTraits } from './image-traits.js';
import { LABELS, nodeSelector, objectLabels } from './labels.js';
import { SECRET_KEYS } from './secret.js';
import type { ManifestPlan } from './settings.js';

export const COUCHDB_PORT = 5984;
export const CONTAINER = 'couchdb';
/** The volume with a node's data. */
export const DATA_VOLUME = 'data';
const CONFIG_VOLUME = 'config';

/** User and group `couchdb` of the official images. */
const COUCHDB_ID = 5984;

/** How nodes of rc are named, and all that is theirs. */
export function nodeName({ name }: Pick<ManifestPlan, 'name'>, number: number): string {
  return `${name}-${number}`;
}

/** A node. `data` missing: a claim template of that name brings the volume. */
export function podTemplate(
  plan: ManifestPlan,
  data?: Omit<V1Volume, 'name'>,
  labels: Readonly<Record<string, string>> = {},
): V1PodTemplateSpec {
  const { settings, wish, name } = plan;
  return {
    metadata: {
      labels: { ...objectLabels(settings.installId, wish, 'node'), [LABELS.serving]: 'true', ...labels },
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 30,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: COUCHDB_ID,
        runAsGroup: COUCHDB_ID,
        fsGroup: COUCHDB_ID,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      affinity: apart(name),
      containers: [container(plan)],
      volumes: [
        {
          name: CONFIG_VOLUME,
          secret: {
            secretName: name,
            items: [{ key: SECRET_KEYS.ini, path: SECRET_KEYS.ini }],
            // Read by the group alone: the files are root's.
            defaultMode: 0o440,
          },
        },
        ...(data === undefined ? [] : [{ name: DATA_VOLUME, ...data }]),
      ],
    },
  };
}

function container({ settings, name }: ManifestPlan): V1Container {
  const traits = imageTraits(settings.image);
  return {
    name: CONTAINER,
    image: settings.image,
    ports: [{ name: 'couchdb', containerPort: COUCHDB_PORT, protocol: 'TCP' }],
    env: [fromSecret(name, SECRET_KEYS.user), fromSecret(name, SECRET_KEYS.password)],
    volumeMounts: [
      { name: DATA_VOLUME, mountPath: settings.dataPath ?? traits.dataPath },
      {
        name: CONFIG_VOLUME,
        mountPath: `${traits.iniPath}/${SECRET_KEYS.ini}`,
        subPath: SECRET_KEYS.ini,
        readOnly: true,
      },
    ],
    resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    // Two minutes to open its databases; then it is out of the front after 6 s without an answer, and killed after a minute.
    startupProbe: { ...probe(traits.healthPath), periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 120 },
    readinessProbe: { ...probe(traits.healthPath), periodSeconds: 3, timeoutSeconds: 3, failureThreshold: 2 },
    livenessProbe: { ...probe(traits.healthPath), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  };
}

const fromSecret = (name: string, key: string): V1EnvVar => ({ name: key, valueFrom: { secretKeyRef: { name, key } } });
const probe = (path: string): Pick<V1Probe, 'httpGet'> => ({ httpGet: { path, port: 'couchdb' } });

/** A ring outlives a machine if its nodes are not all on that one. */
function apart(name: string): NonNullable<V1PodTemplateSpec['spec']>['affinity'] & object {
  const podAffinityTerm = {
    labelSelector: { matchLabels: nodeSelector(name) },
    topologyKey: 'kubernetes.io/hostname',
  };
  return { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] } };
}
