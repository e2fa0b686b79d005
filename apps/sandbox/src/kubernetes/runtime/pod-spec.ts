import { isJson, jsonOf, objectsOf, textOf, type Json } from '../json.js';
import type { KubeObject } from '../objects.js';

export interface Probe {
  readonly path: string;
  /** A number, or the name of one of the container's ports. */
  readonly port: number | string;
  readonly headers: Readonly<Record<string, string>>;
  /** `tcp`: a connection is enough. `none`: a kind of probe that nothing here can answer. */
  readonly kind: 'http' | 'tcp' | 'none';
  readonly timeoutMs: number;
  readonly periodMs: number;
  readonly initialDelayMs: number;
  readonly failureThreshold: number;
}

export interface Mount {
  readonly volume: string;
  readonly path: string;
  /** Part of the volume; `''` is all of it. */
  readonly subPath: string;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  /** It runs something else than its image does by itself. */
  readonly hasCommand: boolean;
  readonly env: readonly Json[];
  readonly envFrom: readonly Json[];
  readonly mounts: readonly Mount[];
  /** Number of a port by its name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly startup?: Probe;
  readonly liveness?: Probe;
  readonly readiness?: Probe;
}

/** A pod's containers; what Kubernetes fills in is filled in. */
export function containersOf(pod: KubeObject): readonly Container[] {
  return objectsOf(pod.spec?.['containers']).map((container) => ({
    name: textOf(container['name']),
    image: textOf(container['image']),
    hasCommand: container['command'] !== undefined || container['args'] !== undefined,
    env: objectsOf(container['env']),
    envFrom: objectsOf(container['envFrom']),
    mounts: objectsOf(container['volumeMounts']).map((mount) => ({
      volume: textOf(mount['name']),
      path: textOf(mount['mountPath']),
      subPath: textOf(mount['subPath']),
    })),
    ports: Object.fromEntries(
      objectsOf(container['ports']).map((port) => [textOf(port['name']), numberOf(port['containerPort'], 0)]),
    ),
    ...probesOf(container),
  }));
}

function probesOf(container: Json): Partial<Pick<Container, 'startup' | 'liveness' | 'readiness'>> {
  const probes: Record<string, Probe> = {};
  for (const name of ['startup', 'liveness', 'readiness']) {
    const probe = container[`${name}Probe`];
    if (isJson(probe)) probes[name] = readProbe(probe);
  }
  return probes;
}

/** Standards: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/ */
function readProbe(probe: Json): Probe {
  const http = probe['httpGet'];
  const kind = isJson(http) ? 'http' : isJson(probe['tcpSocket']) ? 'tcp' : 'none';
  const action = jsonOf(isJson(http) ? http : probe['tcpSocket']);
  const { port } = action;
  return {
    kind: textOf(action['scheme']) === 'HTTPS' ? 'none' : kind,
    path: textOf(action['path']) || '/',
    port: typeof port === 'number' ? port : textOf(port),
    headers: Object.fromEntries(
      objectsOf(action['httpHeaders']).map((header) => [textOf(header['name']), textOf(header['value'])]),
    ),
    timeoutMs: 1000 * numberOf(probe['timeoutSeconds'], 1),
    periodMs: 1000 * numberOf(probe['periodSeconds'], 10),
    initialDelayMs: 1000 * numberOf(probe['initialDelaySeconds'], 0),
    failureThreshold: numberOf(probe['failureThreshold'], 3),
  };
}

/** Claims that a pod's volumes name: volume → claim. */
export function claimsOf(pod: KubeObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    objectsOf(pod.spec?.['volumes'])
      .filter((volume) => isJson(volume['persistentVolumeClaim']))
      .map((volume) => [textOf(volume['name']), textOf(jsonOf(volume['persistentVolumeClaim'])['claimName'])]),
  );
}

export function numberOf(value: unknown, standard: number): number {
  return typeof value === 'number' ? value : standard;
}

/** `undefined` where no port has that name. */
export function portOf(container: Container, port: number | string): number | undefined {
  return typeof port === 'number' ? port : container.ports[port];
}

export function isReady(pod: KubeObject): boolean {
  return conditionOf(pod, 'Ready')?.['status'] === 'True';
}

export function conditionOf(pod: KubeObject, type: string): Json | undefined {
  return objectsOf(pod.status?.['conditions']).find((condition) => condition['type'] === type);
}

export function isLeaving(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

export function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
