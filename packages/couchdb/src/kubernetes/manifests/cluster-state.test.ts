import { frontService, planManifests, readState, writeState } from './index.js';

const PLAN = planManifests(
  { installId: 'qm', namespace: 'default', image: 'couchdb', allowFrom: [], storage: '5Gi' },
  { owner: 'jöhny', tag: 'test', spawner: 'rc', replicas: 3, databases: ['_users', 'test'] },
);
const FRONT = frontService(PLAN, 'op-1');
const META = { ...(FRONT.metadata as object) };
const ANNOTATIONS = FRONT.metadata?.annotations;
const RING = [{ name: 'test-1', address: '10.0.0.1', incarnation: 'u:0' }];
const withAnnotations = (more: Record<string, string | null>) => ({
  metadata: { ...META, annotations: { ...ANNOTATIONS, ...(more as Record<string, string>) } },
});

it('a new front Service says what is wished', () => {
  expect(readState(FRONT)).toEqual({
    owner: 'jöhny',
    tag: 'test',
    spawner: 'rc',
    replicas: 3,
    databases: ['_users', 'test'],
    name: PLAN.name,
    namespace: 'default',
    createdBy: 'op-1',
    deleting: false,
    ring: [],
  });
});

it('what is noted is read again', () => {
  const state = { replicas: 5, databases: ['a/b', 'c'], deleting: true, ring: RING };
  expect(readState(withAnnotations(writeState(state)))).toMatchObject(state);
  expect(writeState({ deleting: false })).toEqual({ 'quartermaster/deleting': null });
  expect(writeState({})).toEqual({});
});

it('what nobody can read counts as new, and hides nothing else', () => {
  const broken = { 'quartermaster/ring': '{', 'quartermaster/replicas': 'many', 'quartermaster/databases': '[1,"a"]' };
  expect(readState(withAnnotations(broken))).toMatchObject({
    ring: [],
    replicas: 1,
    databases: ['a'],
    createdBy: 'op-1',
  });
  expect(readState(withAnnotations({ 'quartermaster/ring': '[{"name":1},null]' }))?.ring).toEqual([]);
});

it('a Service of another sort is none', () => {
  expect(readState({ metadata: { name: 'x', labels: {} } })).toBeUndefined();
  expect(readState(withAnnotations({ 'quartermaster/spawner': 'daemonset' }))).toBeUndefined();
  expect(readState({ metadata: { ...META, name: `${PLAN.name}-1` } })).toBeUndefined();
});
