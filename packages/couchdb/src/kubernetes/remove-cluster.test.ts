import type { EffectGuard } from '@quartermaster/foundation';
import type { ClusterWish } from '../cluster.js';
import { clusterName } from '../cluster-name.js';
import { createKubernetesHost } from './create-kubernetes-host.js';
import { frontService, makeClusterSecrets, planManifests, secret } from './manifests/index.js';
import { playKubernetes, refusal, type PlayedKubernetes } from './testing/play-kubernetes.js';

const held: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const SETTINGS = { installId: 'qm', namespace: 'default', image: 'couchdb', allowFrom: [], storage: '5Gi' } as const;
/** Two accounts whose names have the same first 8 hexadecimal digits of their SHA-256. */
const [MINE, THEIRS] = ['acct47', 'acct19941'].map((owner): ClusterWish => ({
  owner,
  tag: 'test',
  spawner: 'deployment',
  replicas: 1,
  databases: [],
})) as [ClusterWish, ClusterWish];

const frontOf = (wish: ClusterWish): object => frontService(planManifests(SETTINGS, wish), 'op-1');
const secretOf = (wish: ClusterWish): object =>
  secret(planManifests(SETTINGS, wish), '-pbkdf2-00', makeClusterSecrets());
const withoutAnnotations = (front: object): object => ({
  ...front,
  metadata: { ...(front as { metadata: object }).metadata, annotations: {} },
});

let kubernetes: PlayedKubernetes;
afterEach(() => kubernetes.stop());

/** Asks for the removal of the account's own cluster where these stand, besides a Deployment; what was deleted. */
async function remove(standing: { front?: object; secret?: object }): Promise<{ left: number; deleted: string[] }> {
  const kinds: Readonly<Record<string, object | undefined>> = {
    services: standing.front,
    secrets: standing.secret,
    deployments: { metadata: { name: clusterName(MINE), uid: 'u' } },
  };
  kubernetes = await playKubernetes(({ method, path }) => {
    const kind = Object.keys(kinds).find((one) => path.includes(`/${one}`)) ?? '';
    const object = kinds[kind];
    if (method === 'DELETE') return [200, {}];
    if (path.endsWith(clusterName(MINE))) return object === undefined ? refusal(404, 'NotFound', '') : [200, object];
    return [200, { items: object === undefined ? [] : [object] }];
  });
  const host = createKubernetesHost({ ...SETTINGS, apiUrl: kubernetes.url });
  const { left } = await host.remove(MINE, held);
  const deleted = kubernetes.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path);
  return { left, deleted };
}

it.each([
  ['the front Service says so', { front: frontOf(THEIRS), secret: secretOf(MINE) }],
  ['the front Service is gone, and the Secret says so', { secret: secretOf(THEIRS) }],
  [
    'the front Service says nothing, and the Secret does',
    { front: withoutAnnotations(frontOf(THEIRS)), secret: secretOf(THEIRS) },
  ],
])('nothing is deleted where it is another account’s: %s', async (_who, standing) => {
  expect(clusterName(MINE)).toBe(clusterName(THEIRS));
  expect(await remove(standing)).toEqual({ left: 0, deleted: [] });
});

it.each([
  ['the front Service says so', { front: frontOf(MINE) }],
  ['the front Service is gone, and the Secret says so', { secret: secretOf(MINE) }],
  ['neither is there, and the labels do', {}],
])('what is the account’s own is deleted: %s', async (_who, standing) => {
  const { left, deleted } = await remove(standing);
  expect(left).toBe(1);
  expect(deleted).toEqual([expect.stringMatching(`/deployments/${clusterName(MINE)}$`)]);
});
