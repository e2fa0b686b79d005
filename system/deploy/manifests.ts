import { loadYaml } from '@kubernetes/client-node';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Role } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role';
import { RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSchema, type Model } from '../../apps/sandbox/src/kubernetes/schema';

export const FOLDER = join(__dirname, '../../deploy/kubernetes');

type Text = Readonly<Record<string, string>>;
interface Selector {
  readonly matchLabels: Text;
}
interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly exec?: { readonly command: readonly string[] };
}

export interface Container {
  readonly image: string;
  readonly command: readonly string[];
  readonly envFrom: readonly {
    readonly configMapRef?: { readonly name: string };
    readonly secretRef?: { readonly name: string; readonly optional?: boolean };
  }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly resources: { readonly requests: Text; readonly limits: Text };
  readonly securityContext: object;
}

/** An object of Kubernetes, as far as the tests look. */
export interface Manifest {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Text };
  readonly data?: Text;
  readonly stringData?: Text;
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
  readonly spec?: {
    readonly selector?: Selector & Text;
    readonly podSelector?: Selector;
    readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
    readonly metrics?: readonly {
      readonly external: { readonly metric: { readonly name: string; readonly selector: Selector } };
    }[];
    readonly ports?: readonly { readonly targetPort: string }[];
    readonly template?: {
      readonly metadata: { readonly labels: Text };
      readonly spec: {
        readonly serviceAccountName: string;
        readonly automountServiceAccountToken: boolean;
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: object;
        readonly containers: readonly [Container];
        readonly topologySpreadConstraints?: readonly { readonly labelSelector: Selector }[];
      };
    };
  };
}

const MODELS: Readonly<Record<string, Model>> = {
  'apps/v1 Deployment': Deployment,
  'autoscaling/v2 HorizontalPodAutoscaler': HorizontalPodAutoscaler,
  'networking.k8s.io/v1 NetworkPolicy': NetworkPolicy,
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget,
  'rbac.authorization.k8s.io/v1 Role': Role,
  'rbac.authorization.k8s.io/v1 RoleBinding': RoleBinding,
  'v1 ConfigMap': ConfigMap,
  'v1 Namespace': Namespace,
  'v1 Secret': Secret,
  'v1 Service': Service,
  'v1 ServiceAccount': ServiceAccount,
};

/** File names of manifests, in a folder below the kustomization's. */
export function filesOf(folder = '.'): string[] {
  return readdirSync(join(FOLDER, folder)).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
}

export function loadManifests(folder = '.'): Manifest[] {
  return filesOf(folder).flatMap((file) =>
    readFileSync(join(FOLDER, folder, file), 'utf8')
      .split(/^---$/m)
      .map((text) => ({ ...(loadAsWritten(text) as Omit<Manifest, 'file'>), file })),
  );
}

/** Kubernetes' client drops the fields that it does not know of what it takes for its own objects: so it gets another. */
function loadAsWritten(text: string): unknown {
  return loadYaml<{ object: unknown }>(`object:\n${text.replace(/^/gm, '  ')}`).object;
}

/** Throws where an object is not what Kubernetes' published schema says, an unknown field included. */
export function checkManifest({ file, ...manifest }: Manifest): void {
  const { apiVersion, kind, metadata } = manifest;
  const model = MODELS[`${apiVersion} ${kind}`];
  if (model === undefined) throw new Error(`${file}: no schema of ${apiVersion} ${kind} is known here`);
  checkSchema(model, apiVersion, { group: apiVersion, kind, plural: kind, name: metadata.name }, manifest);
}
