import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { ReplicationController } from 'kubernetes-models/v1/ReplicationController';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { SPAWNER_TYPES, type ClusterWish } from '../../cluster.js';
import { toWire } from '../plan-patch.js';
import { verifyCouchPassword } from '../../password.js';
import { imageTraits } from './image-traits.js';
import {
  clusterObjects,
  frontService,
  installLabel,
  makeClusterSecrets,
  planManifests,
  readAdmin,
  secret,
  type ManifestSettings,
} from './index.js';

const MODELS = {
  Deployment,
  StatefulSet,
  NetworkPolicy,
  PodDisruptionBudget,
  PersistentVolumeClaim,
  ReplicationController,
  Secret,
  Service,
};

const SETTINGS: ManifestSettings = {
  installId: 'quartermaster',
  namespace: 'default',
  image: 'couchdb:3.5.1',
  allowFrom: ['10.0.0.0/8', '2001:db8::/32'],
  storage: '5Gi',
  storageClass: 'fast.example.com',
};
/** A tag and an owner of the greatest length, and hard to name things after. */
const WISH: ClusterWish = {
  owner: 'Jöhny: the 2nd, of “Prague”',
  tag: 'a1234567890z',
  spawner: 'deployment',
  replicas: 10,
  databases: ['_users', 'test'],
};

type Json = { readonly [key: string]: unknown };
interface Manifest {
  readonly kind: keyof typeof MODELS;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Record<string, string> };
  readonly spec?: Json;
  readonly data?: Record<string, string>;
}

function manifestsOf(settings: ManifestSettings, wish: ClusterWish): Manifest[] {
  const plan = planManifests(settings, wish);
  const all = [
    frontService(plan, 'op-1'),
    secret(plan, '-pbkdf2-aa,bb,10', makeClusterSecrets()),
    ...clusterObjects(plan).map(({ manifest }) => manifest),
  ];
  return all.map((manifest) => toWire(manifest) as Manifest);
}

const EVERY = SPAWNER_TYPES.flatMap((spawner) =>
  [1, 2, 10].flatMap((replicas) =>
    ['couchdb:3.5.1', 'couchdb:1.6.1'].map((image) => [spawner, replicas, image] as const),
  ),
);

/** Every value that stands under this key, however deep. */
function findAll(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => [...(name === key ? [one] : []), ...findAll(one, key)]);
}

const DNS_LABEL = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_KEY = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

describe.each(EVERY)('a %s of %i nodes of %s', (spawner, replicas, image) => {
  const wish = { ...WISH, spawner, replicas };
  const manifests = manifestsOf({ ...SETTINGS, image }, wish);
  const controllers = manifests.filter(({ spec }) => spec?.['template'] !== undefined);
  const templates = controllers.map(({ spec }) => spec?.['template'] as { metadata: Json; spec: Json });
  const podLabels = templates.map(({ metadata }) => metadata['labels'] as Record<string, string>);
  const matches = (selector: unknown, labels: Record<string, string>): boolean =>
    Object.entries(selector as Record<string, string>).every(([key, value]) => labels[key] === value);

  it('follows the official schema', () => {
    for (const manifest of manifests) {
      expect(() => new MODELS[manifest.kind](manifest as never).validate()).not.toThrow();
    }
  });

  it('has names that are DNS labels (also with what controllers append), each once, all beginning alike', () => {
    const ids = manifests.map(({ kind, metadata: { name } }) => `${kind}/${name}`);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { metadata } of manifests) {
      expect(metadata.name).toMatch(DNS_LABEL);
      expect(metadata.name).toMatch(/^a1234567890z-[0-9a-f]{8}(-(\d+|nodes))?$/);
      expect(metadata.name.length).toBeLessThanOrEqual(52);
      expect(metadata.namespace).toBe('default');
    }
    for (const name of findAll(manifests, 'ports').flatMap((ports) => findAll(ports, 'name'))) {
      expect(name).toMatch(/^[a-z]([a-z0-9-]{0,13}[a-z0-9])?$/);
    }
  });

  it('has the same valid labels on every object and pod', () => {
    for (const labels of [...manifests.map(({ metadata }) => metadata.labels), ...podLabels]) {
      for (const [key, value] of Object.entries(labels)) {
        expect(key).toMatch(LABEL_KEY);
        expect(value).toMatch(LABEL_VALUE);
      }
      expect(labels).toMatchObject({
        'app.kubernetes.io/name': 'couchdb',
        'app.kubernetes.io/instance': manifests[0]?.metadata.name,
        'app.kubernetes.io/managed-by': 'quartermaster',
        'quartermaster/install': 'quartermaster',
        'quartermaster/owner': manifests[0]?.metadata.name.slice(-8),
        'quartermaster/tag': 'a1234567890z',
      });
    }
  });

  it('has controllers that select their own pods, in front or not, and nobody else’s', () => {
    expect(controllers).toHaveLength(spawner === 'rc' ? replicas : 1);
    controllers.forEach(({ kind, spec }, index) => {
      const selector =
        kind === 'ReplicationController' ? spec?.['selector'] : findAll(spec?.['selector'], 'matchLabels')[0];
      expect(podLabels.map((labels) => matches(selector, labels))).toEqual(podLabels.map((_, at) => at === index));
      expect(selector).not.toHaveProperty(['quartermaster/serving']);
    });
  });

  it('has a front Service that selects pods in front, a budget and a policy that select all of them', () => {
    const [labels = {}] = podLabels;
    const taken = { ...labels, 'quartermaster/serving': 'false' };
    expect(matches(manifests[0]?.spec?.['selector'], labels)).toBe(true);
    expect(matches(manifests[0]?.spec?.['selector'], taken)).toBe(false);
    for (const [kind, key] of [
      ['PodDisruptionBudget', 'selector'],
      ['NetworkPolicy', 'podSelector'],
    ] as const) {
      const found = manifests.find((one) => one.kind === kind);
      expect(matches(findAll(found?.spec?.[key], 'matchLabels')[0], taken)).toBe(true);
    }
  });

  it('has Services whose port is one that the container names, and mounts whose volumes there are', () => {
    for (const template of templates) {
      const [container] = template.spec['containers'] as { ports: Json[]; volumeMounts: Json[]; env: Json[] }[];
      expect(container?.ports).toEqual([{ name: 'couchdb', containerPort: 5984, protocol: 'TCP' }]);
      expect(
        new Set(
          findAll(
            manifests.map(({ spec }) => spec),
            'targetPort',
          ),
        ),
      ).toEqual(new Set(['couchdb']));
      const volumes = [
        ...(template.spec['volumes'] as Json[]).map(({ name }) => name),
        ...findAll(findAll(controllers[0]?.spec, 'volumeClaimTemplates'), 'metadata').map(
          (meta) => (meta as Json)['name'],
        ),
      ];
      expect(new Set(volumes)).toEqual(new Set(['config', 'data']));
      expect(new Set(container?.volumeMounts.map(({ name }) => name))).toEqual(new Set(volumes));
    }
  });

  it('has a Secret with every key that is mounted or taken into the environment', () => {
    const found = manifests.find(({ kind }) => kind === 'Secret');
    const asked = templates.flatMap(({ spec }) => findAll(spec, 'key'));
    expect(new Set(asked)).toEqual(new Set(['COUCHDB_USER', 'COUCHDB_PASSWORD', 'quartermaster.ini']));
    expect(Object.keys(found?.data ?? {})).toEqual(expect.arrayContaining(asked));
    for (const name of [
      ...findAll(templates, 'secretName'),
      ...findAll(templates, 'secretKeyRef').map((ref) => (ref as Json)['name']),
    ]) {
      expect(name).toBe(found?.metadata.name);
    }
  });

  it('has a volume for each node where nodes keep theirs', () => {
    const claims = manifests
      .filter(({ kind }) => kind === 'PersistentVolumeClaim')
      .map(({ metadata }) => metadata.name);
    const mounted = templates.flatMap(({ spec }) => findAll(spec['volumes'], 'claimName'));
    expect(claims).toHaveLength(spawner === 'rc' ? replicas : 0);
    expect(mounted).toEqual(claims);
    const sizes = findAll(manifests, 'requests').flatMap((requests) => (requests as Json)['storage'] ?? []);
    expect(sizes).toEqual({ deployment: [], rc: Array(replicas).fill('5Gi'), statefulset: ['5Gi'] }[spawner]);
  });

  it('runs nodes as nobody special, with what they need and no more', () => {
    for (const { spec } of templates) {
      expect(spec['automountServiceAccountToken']).toBe(false);
      expect(spec['securityContext']).toMatchObject({ runAsNonRoot: true, runAsUser: 5984, fsGroup: 5984 });
      const [container] = spec['containers'] as Json[];
      expect(container?.['securityContext']).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
      expect(container?.['resources']).toMatchObject({
        requests: { memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
      const paths = ['startupProbe', 'readinessProbe', 'livenessProbe'].flatMap((probe) =>
        findAll(container?.[probe], 'path'),
      );
      expect(paths).toEqual(Array(3).fill(image.includes(':1') ? '/' : '/_up'));
    }
  });
});

it('equal wishes have equal manifests, but for what a Secret draws', () => {
  const plan = planManifests(SETTINGS, { ...WISH, spawner: 'rc' });
  expect(clusterObjects(plan)).toEqual(clusterObjects(planManifests(SETTINGS, { ...WISH, spawner: 'rc' })));
});

it('there is a policy where networks are given only, which lets in nodes, workers and those networks', () => {
  const kinds = (allowFrom: string[]): string[] =>
    clusterObjects(planManifests({ ...SETTINGS, allowFrom }, WISH)).map(({ kind }) => kind);
  expect(kinds([])).toEqual(['poddisruptionbudget', 'deployment']);
  expect(kinds(['10.0.0.0/8'])).toEqual(['networkpolicy', 'poddisruptionbudget', 'deployment']);
  const policy = manifestsOf(SETTINGS, WISH).find(({ kind }) => kind === 'NetworkPolicy');
  expect(findAll(policy?.spec, 'from')).toEqual([
    [
      { podSelector: { matchLabels: expect.objectContaining({ 'app.kubernetes.io/component': 'node' }) } },
      {
        namespaceSelector: {},
        podSelector: {
          matchLabels: { 'app.kubernetes.io/part-of': 'quartermaster', 'app.kubernetes.io/component': 'worker' },
        },
      },
      { ipBlock: { cidr: '10.0.0.0/8' } },
      { ipBlock: { cidr: '2001:db8::/32' } },
    ],
  ]);
});

describe('the Secret', () => {
  const read = (owner: string): Record<string, string> => {
    const { data = {} } = secret(planManifests(SETTINGS, { ...WISH, owner }), '-pbkdf2-aa,bb,10', makeClusterSecrets());
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  };

  it('has the account as it was given, and an administrator whose hash CouchDB reads', () => {
    const data = read(WISH.owner);
    expect(data['COUCHDB_USER']).toBe(WISH.owner);
    expect(data['COUCHDB_PASSWORD']).toBe('-pbkdf2-aa,bb,10');
    const hash = /\[admins\]\nquartermaster = (.+)\n/.exec(data['quartermaster.ini'] ?? '')?.[1] ?? '';
    expect(verifyCouchPassword(hash, data['admin-password'] ?? '')).toBe(true);
    expect(data['quartermaster.ini']).not.toContain(data['admin-password']);
  });

  it('has another password of the administrator for each cluster', () => {
    expect(read('ann')['admin-password']).not.toBe(read('ann')['admin-password']);
  });

  it('gives its administrator back', () => {
    const secrets = makeClusterSecrets();
    expect(readAdmin(secret(planManifests(SETTINGS, WISH), 'x', secrets))).toEqual(secrets.admin);
    expect(readAdmin({ data: {} })).toBeUndefined();
  });
});

it.each([
  ['couchdb:1.6.1', '/usr/local/var/lib/couchdb'],
  ['registry.example.com:5000/library/couchdb:1', '/usr/local/var/lib/couchdb'],
  ['couchdb:1.7-alpine@sha256:00', '/usr/local/var/lib/couchdb'],
  ['couchdb:3.5.1', '/opt/couchdb/data'],
  ['couchdb:10', '/opt/couchdb/data'],
  ['couchdb', '/opt/couchdb/data'],
  ['registry.example.com:1234/couchdb', '/opt/couchdb/data'],
])('%s keeps its data in %s', (image, path) => {
  expect(imageTraits(image).dataPath).toBe(path);
});

it('a path of data that is given wins', () => {
  const manifests = manifestsOf({ ...SETTINGS, dataPath: '/data' }, WISH);
  expect(findAll(manifests, 'mountPath')).toContain('/data');
});

it.each(['quartermaster', 'a.b_c-9', 'ends-badly-', 'x'.repeat(62) + '.', 'A_'])(
  '%s becomes a label that says it',
  (id) => {
    expect(installLabel(id)).toMatch(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
    expect(installLabel(id)).not.toBe(installLabel(`${id}1`.slice(-63)));
  },
);
