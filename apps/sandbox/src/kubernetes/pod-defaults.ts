import { isJson, jsonOf, textOf, withChanged, withDefaults, withEach, type Json } from './json.js';

/** Fills in what the API server adds to a pod's `spec` (`pkg/apis/core/v1/defaults.go`). */
export function withPodDefaults(spec: Json): Json {
  const filled = withDefaults(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  // An account's name stands in two fields since the first of them was called something better.
  const account = filled['serviceAccountName'] ?? filled['serviceAccount'];
  const named = withDefaults(filled, { serviceAccountName: account, serviceAccount: account });
  const volumes = withEach(named, 'volumes', withVolumeDefaults);
  return withEach(withEach(volumes, 'containers', withContainerDefaults), 'initContainers', withContainerDefaults);
}

/** The same for a template. */
export function withTemplateDefaults(template: unknown): Json {
  const { metadata, spec } = jsonOf(template);
  return { ...jsonOf(template), metadata: withDefaults(jsonOf(metadata), {}), spec: withPodDefaults(jsonOf(spec)) };
}

function withContainerDefaults(container: Json): Json {
  const filled = withDefaults(container, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isMoving(textOf(container['image'])) ? 'Always' : 'IfNotPresent',
  });
  const ports = withEach(filled, 'ports', (port) => withDefaults(port, { protocol: 'TCP' }));
  const env = withEach(ports, 'env', (variable) =>
    withChanged(variable, 'valueFrom', (source) =>
      withChanged(jsonOf(source), 'fieldRef', (field) => withDefaults(jsonOf(field), { apiVersion: 'v1' })),
    ),
  );
  const limited = withChanged(env, 'resources', (resources) => withRequests(jsonOf(resources)));
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].reduce(
    (changed, key) => withChanged(changed, key, (probe) => withProbeDefaults(jsonOf(probe))),
    limited,
  );
}

/** Whether an image's tag may stand for another image tomorrow. */
function isMoving(image: string): boolean {
  const last = image.split('/').at(-1) ?? '';
  return !last.includes('@') && (!last.includes(':') || last.endsWith(':latest'));
}

/** Who limits a thing without asking for it asks for as much. */
function withRequests(resources: Json): Json {
  if (!isJson(resources['limits'])) return resources;
  return { ...resources, requests: withDefaults(jsonOf(resources['requests']), resources['limits']) };
}

function withProbeDefaults(probe: Json): Json {
  const filled = withDefaults(probe, {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  return withChanged(filled, 'httpGet', (get) => withDefaults(jsonOf(get), { path: '/', scheme: 'HTTP' }));
}

function withVolumeDefaults(volume: Json): Json {
  return ['secret', 'configMap', 'projected', 'downwardAPI'].reduce(
    (changed, key) => withChanged(changed, key, (source) => withDefaults(jsonOf(source), { defaultMode: 0o644 })),
    volume,
  );
}
