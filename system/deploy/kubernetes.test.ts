import { loadYaml } from '@kubernetes/client-node';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { METRICS } from '../../apps/web/src/metrics/catalogue';
import { createKubernetesHost } from '../../packages/couchdb/src/kubernetes';
import { WORKER_LABELS } from '../../packages/couchdb/src/kubernetes/manifests/labels';
import { checkManifest, FOLDER, filesOf, loadManifests, type Container, type Manifest } from './manifests';
import { CLOUD_CREDENTIAL, neededBy, PROCESSES, variablesOf, type ProcessName } from './own-variables';

const applied = loadManifests();
const examples = loadManifests('examples');
const all = [...applied, ...examples];
const kustomization = loadYaml<{ resources: string[]; images: { name: string }[] }>(
  readFileSync(join(FOLDER, 'kustomization.yaml'), 'utf8'),
);

function find(kind: string, name: string): Manifest {
  const found = all.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`There is no ${kind} ${name}`);
  return found;
}

/** A process' Deployment: its pods, and the one container of each. */
function podOf(name: ProcessName) {
  const { template } = find('Deployment', name).spec ?? {};
  if (template === undefined) throw new Error(`The Deployment ${name} has no template`);
  return { labels: template.metadata.labels, spec: template.spec, container: template.spec.containers[0] };
}

/** Where the container's variables come from. */
const sourcesOf = (container: Container): Manifest[] =>
  container.envFrom.map(({ configMapRef, secretRef }) =>
    configMapRef === undefined ? find('Secret', secretRef?.name ?? '') : find('ConfigMap', configMapRef.name),
  );
const namesIn = ({ data = {}, stringData = {} }: Manifest): string[] => Object.keys({ ...data, ...stringData });

const matches = (wanted: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

describe('deploy/kubernetes', () => {
  it.each(all.map((one) => [`${one.file}: ${one.kind} ${one.metadata.name}`, one] as const))(
    'follows the official schema: %s',
    (_, manifest) => checkManifest(manifest),
  );

  it('is checked by a schema that refuses unknown fields and wrong types', () => {
    const service = find('Service', 'web');
    const wrong = { ...service, spec: { ...service.spec, selektor: {} } } as Manifest;
    expect(() => checkManifest(wrong)).toThrow('unknown field "spec.selektor"');
    expect(() => checkManifest({ ...service, spec: { ports: 'http' } } as unknown as Manifest)).toThrow('spec.ports');
  });

  it('has every file in its kustomization, but for the examples', () => {
    expect([...kustomization.resources].sort()).toEqual(filesOf().sort());
    expect(applied.some(({ kind }) => kind === 'Secret')).toBe(false);
  });

  it('names namespaces that it makes, and no object twice', () => {
    const made = applied.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
    const others = all.filter(({ kind }) => kind !== 'Namespace');
    expect(others.filter(({ metadata }) => !made.includes(metadata.namespace ?? ''))).toEqual([]);
    const ids = all.map(({ kind, metadata }) => `${kind} ${metadata.namespace} ${metadata.name}`);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('selects by labels that exactly one Deployment has', () => {
    const templates = PROCESSES.map((name) => [name, podOf(name).labels] as const);
    const selecting = all.flatMap(({ kind, metadata, spec = {} }) => {
      const inner = spec.template?.spec.topologySpreadConstraints?.map(({ labelSelector }) => labelSelector) ?? [];
      return [spec.selector, spec.podSelector, ...inner].flatMap((one) =>
        one === undefined ? [] : [{ kind, name: metadata.name, wanted: one.matchLabels ?? one }],
      );
    });
    expect(selecting.length).toBeGreaterThanOrEqual(12);
    for (const { kind, name, wanted } of selecting) {
      const chosen = templates.filter(([, labels]) => matches(wanted, labels)).map(([process]) => process);
      expect([kind, name, chosen]).toEqual([kind, name, [name]]);
    }
  });

  it("labels the worker's pods as CouchDB's network policies let them in, and no other's", () => {
    expect(PROCESSES.filter((name) => matches(WORKER_LABELS, podOf(name).labels))).toEqual(['worker']);
  });
});

describe.each(PROCESSES)('the Deployment of %s', (name) => {
  const { spec, container } = podOf(name);

  it('gives it only variables that it reads, and all that it does not start without', () => {
    const given = sourcesOf(container).flatMap(namesIn);
    const known = variablesOf(name);
    expect(given.filter((variable) => !known.includes(variable))).toEqual([]);
    expect(neededBy(name).filter((variable) => !given.includes(variable))).toEqual([]);
    expect(new Set(given).size).toBe(given.length);
  });

  it('runs as nobody special, writes no file, and may grow no further than its limit', () => {
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources).toMatchObject({
      requests: { cpu: expect.any(String), memory: expect.any(String) },
      limits: { memory: expect.any(String) },
    });
  });

  it('takes the image that the kustomization names, and the command of the Procfile', () => {
    expect(kustomization.images.map((image) => image.name)).toEqual([container.image]);
    const procfile = readFileSync(join(FOLDER, '../../Procfile'), 'utf8').split('\n');
    expect(procfile).toContain(`${name}: ${container.command.join(' ')}`);
  });

  it('has longer than the 28 s in which it stops', () => {
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(28);
  });

  it('runs under a ServiceAccount of its own', () => {
    expect(spec.serviceAccountName).toBe(find('ServiceAccount', name).metadata.name);
    expect(spec.automountServiceAccountToken).toBe(name !== 'web');
  });

  it('is probed', () => {
    const { readinessProbe, livenessProbe } = container;
    const byExec = { command: ['bin/quartermaster-health', name] };
    if (name === 'web') {
      expect(readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
      expect(livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
    } else {
      expect([readinessProbe.exec, livenessProbe.exec]).toEqual([byExec, byExec]);
    }
  });
});

describe('secrets', () => {
  it('are in Secrets only, and the template has no value for any', () => {
    const secrets = examples.filter(({ kind }) => kind === 'Secret');
    const values = secrets.flatMap(({ stringData = {}, data }) => [...Object.values(stringData), data]);
    expect(new Set(values)).toEqual(new Set(['', undefined]));
    const secret = new Set(secrets.flatMap(namesIn));
    const open = applied.filter(({ kind }) => kind === 'ConfigMap').flatMap(namesIn);
    expect(open.filter((variable) => secret.has(variable) || /TOKEN|PASSWORD|SECRET|_KEY|_RSA/.test(variable))).toEqual(
      [],
    );
  });

  it("of a cloud, of Slack and of init scripts do not reach web, and web's tokens reach nobody else", () => {
    const given = (name: ProcessName): string[] => sourcesOf(podOf(name).container).flatMap(namesIn);
    expect(given('web').filter((variable) => CLOUD_CREDENTIAL.test(variable))).toEqual([]);
    expect(PROCESSES.filter((name) => given(name).includes('AUTH_TOKENS'))).toEqual(['web']);
    expect(PROCESSES.filter((name) => given(name).includes('INIT_SCRIPT_KEY'))).toEqual(['worker']);
  });
});

describe('what worker and mini-worker share', () => {
  it('has the same value for both', () => {
    const [one, other] = [find('ConfigMap', 'worker').data ?? {}, find('ConfigMap', 'mini-worker').data ?? {}];
    const shared = Object.keys(one).filter((name) => name in other);
    expect(shared).toEqual(expect.arrayContaining(['AWS_REGION', 'COUCHDB_NAMESPACE']));
    expect(shared.filter((name) => one[name] !== other[name])).toEqual([]);
  });

  it('is the address of web for worker and web', () => {
    expect(find('ConfigMap', 'web').data?.['WEB_URL']).toBe(find('ConfigMap', 'worker').data?.['WEB_URL']);
  });
});

describe('rights in Kubernetes', () => {
  /** `secrets get` and so on. */
  const rightsOf = (name: string): string[] =>
    (find('Role', `quartermaster-${name}`).rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${apiGroups.join()}/${resource} ${verb}`)),
    );
  /** What packages/couchdb has calls for. Pods it never makes: controllers do. */
  const callable = [
    ...readFileSync(join(FOLDER, '../../packages/couchdb/src/kubernetes/kinds.ts'), 'utf8').matchAll(
      /api\.(read|list|create|patch|delete)Namespaced([A-Za-z]+)\(/g,
    ),
  ].map(([, call = '', kind = '']) => {
    const plural = kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`;
    return `${plural.toLowerCase()} ${call === 'read' ? 'get' : call}`;
  });
  const withoutGroup = (right: string): string => right.slice(right.indexOf('/') + 1);

  it('of the worker are those that it has calls for', () => {
    const wanted = callable.filter((right) => right !== 'pods create');
    expect(wanted.length).toBe(44);
    expect(rightsOf('worker').map(withoutGroup).sort()).toEqual(wanted.sort());
  });

  it('of the mini-worker are those that the listing of clusters takes, no Secret among them', async () => {
    // All that it does with Kubernetes, by the type of what it is given.
    const chore = readFileSync(join(FOLDER, '../../apps/mini-worker/src/chores/watch-rings.ts'), 'utf8');
    expect(chore).toContain("host: () => Pick<ClusterHost, 'list'>");

    const asked: string[] = [];
    const api = createServer(({ method = '', url = '' }, response) => {
      asked.push(`${method} ${new URL(url, 'http://api').pathname}`);
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: {}, items: [] }));
    }).listen(0, '127.0.0.1');
    await once(api, 'listening');
    const host = createKubernetesHost({
      apiUrl: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      installId: 'quartermaster',
      namespace: 'couchdb',
      image: 'couchdb',
      allowFrom: [],
      storage: '5Gi',
    });
    await host.list(undefined, { assertHeld: () => undefined, signal: new AbortController().signal });
    host.close();
    api.closeAllConnections();
    api.close();
    expect(asked.sort()).toEqual(['GET /api/v1/namespaces/couchdb/pods', 'GET /api/v1/namespaces/couchdb/services']);
    expect(rightsOf('mini-worker').sort()).toEqual(['/pods list', '/services list']);
  });

  it.each(['worker', 'mini-worker'] as const)('are given to the account of %s, where the clusters stand', (name) => {
    const { roleRef, subjects, metadata } = find('RoleBinding', `quartermaster-${name}`);
    expect(roleRef).toMatchObject({ kind: 'Role', name: find('Role', `quartermaster-${name}`).metadata.name });
    const account = find('ServiceAccount', name).metadata;
    expect(subjects).toEqual([{ kind: 'ServiceAccount', name: account.name, namespace: account.namespace }]);
    expect([metadata.namespace, find('Role', `quartermaster-${name}`).metadata.namespace]).toEqual([
      find('ConfigMap', name).data?.['COUCHDB_NAMESPACE'],
      find('ConfigMap', name).data?.['COUCHDB_NAMESPACE'],
    ]);
  });
});

describe('the Service of web', () => {
  it('has connections go to the port that web listens on', () => {
    expect(find('Service', 'web').spec?.ports).toMatchObject([{ targetPort: 'http' }]);
    expect(podOf('web').container.ports).toEqual([
      { name: 'http', containerPort: Number(find('ConfigMap', 'web').data?.['PORT']) },
    ]);
  });
});

describe('the example of scaling', () => {
  it('scales the workers by a metric that there is', () => {
    const { scaleTargetRef, metrics = [] } = find('HorizontalPodAutoscaler', 'worker').spec ?? {};
    expect(scaleTargetRef).toMatchObject({ kind: 'Deployment', name: 'worker' });
    expect(metrics).toHaveLength(1);
    for (const { external } of metrics)
      expect(METRICS[external.metric.name]?.labels).toEqual(Object.keys(external.metric.selector.matchLabels));
  });

  it("brings the adapter's rule for that metric: of no namespace, and the max over what each web tells", () => {
    const lines = readFileSync(join(FOLDER, 'examples/autoscaling.yaml'), 'utf8').split('\n');
    const begin = lines.indexOf('#   externalRules:');
    const rule = lines.slice(begin, lines.indexOf('#', begin)).map((line) => line.slice(4));
    const { externalRules } = loadYaml<{ externalRules: unknown }>(rule.join('\n'));
    const [metric] = find('HorizontalPodAutoscaler', 'worker').spec?.metrics ?? [];
    expect(externalRules).toEqual([
      {
        seriesQuery: `{__name__="${metric?.external.metric.name}"}`,
        resources: { namespaced: false },
        metricsQuery: `max(<<.Series>>{<<.LabelMatchers>>}) by (${METRICS['quartermaster_queue_jobs']?.labels.join(', ')})`,
      },
    ]);
  });
});
