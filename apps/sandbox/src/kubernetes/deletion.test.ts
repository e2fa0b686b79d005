import { collectGarbage, deleteObject } from './deletion.js';
import type { Kind, KubeObject, ObjectStore } from './objects.js';
import { createObjectStore } from './store.js';

const now = (): number => Date.parse('2026-01-02T03:04:05Z');

function newStore(): ObjectStore {
  let count = 0;
  const store = createObjectStore({
    now,
    uid: () => {
      count += 1;
      return `uid-${count}`;
    },
  });
  collectGarbage(store, now);
  return store;
}

function add(store: ObjectStore, kind: Kind, name: string, ...owners: readonly KubeObject[]): KubeObject {
  const ownerReferences = owners.map(({ apiVersion, kind: of, metadata }, index) => ({
    apiVersion,
    kind: of,
    name: metadata.name,
    uid: metadata.uid,
    controller: index === 0,
    blockOwnerDeletion: true,
  }));
  const metadata = { namespace: 'default', name, ...(owners.length === 0 ? {} : { ownerReferences }) };
  return store.create({ apiVersion: 'v1', kind, metadata, spec: {} });
}

function names(store: ObjectStore, kind: Kind): string[] {
  return store
    .list(kind)
    .map(({ metadata }) => metadata.name + (metadata.deletionTimestamp === undefined ? '' : ' ending'));
}

describe('deleteObject', () => {
  it('removes at once what nobody holds', () => {
    const store = newStore();
    expect(deleteObject(store, add(store, 'Secret', 'a'), { now })).toBeUndefined();
    expect(store.list('Secret')).toEqual([]);
  });

  it('gives a pod its time, which a second deletion can only make shorter', () => {
    const store = newStore();
    const pod = add(store, 'Pod', 'a');
    const ending = deleteObject(store, pod, { now });
    expect(ending?.metadata).toMatchObject({
      deletionTimestamp: '2026-01-02T03:04:35Z',
      deletionGracePeriodSeconds: 30,
    });
    const again = deleteObject(store, ending ?? pod, { now, grace: 60 });
    expect(again).toEqual(ending);
    const sooner = deleteObject(store, again ?? pod, { now, grace: 5 });
    expect(sooner?.metadata).toMatchObject({ deletionGracePeriodSeconds: 5 });
    expect(deleteObject(store, sooner ?? pod, { now, grace: 0 })).toBeUndefined();
    expect(store.list('Pod')).toEqual([]);
  });

  it('leaves an object with finalizers to those who set them', () => {
    const store = newStore();
    const { metadata, ...claim } = add(store, 'PersistentVolumeClaim', 'a');
    const held = store.update({ ...claim, metadata: { ...metadata, finalizers: ['a/b'] } });
    const ending = deleteObject(store, held ?? { ...claim, metadata }, { now });
    expect(ending?.metadata).toMatchObject({ deletionTimestamp: '2026-01-02T03:04:05Z', finalizers: ['a/b'] });
  });
});

describe('what an object owns', () => {
  it('goes after it, in the background', () => {
    const store = newStore();
    const owner = add(store, 'Deployment', 'a');
    add(store, 'Pod', 'a-1', owner);
    add(store, 'Secret', 'a-2', owner);
    add(store, 'Pod', 'b');
    deleteObject(store, owner, { now });
    expect(names(store, 'Deployment')).toEqual([]);
    expect(names(store, 'Pod')).toEqual(['a-1 ending', 'b']);
    expect(names(store, 'Secret')).toEqual([]);
  });

  it('goes before it, in the foreground', () => {
    const store = newStore();
    const owner = add(store, 'Deployment', 'a');
    add(store, 'Pod', 'a-1', owner);
    deleteObject(store, owner, { now, propagation: 'Foreground' });
    expect(names(store, 'Deployment')).toEqual(['a ending']);
    expect(names(store, 'Pod')).toEqual(['a-1 ending']);
    store.remove('Pod', 'default', 'a-1');
    expect(names(store, 'Deployment')).toEqual([]);
  });

  it('stays without an owner where it is let go', () => {
    const store = newStore();
    const owner = add(store, 'Deployment', 'a');
    add(store, 'Pod', 'a-1', owner);
    deleteObject(store, owner, { now, propagation: 'Orphan' });
    expect(names(store, 'Deployment')).toEqual([]);
    expect(store.list('Pod').map(({ metadata }) => [metadata.name, metadata.ownerReferences])).toEqual([['a-1', []]]);
  });

  it('stays behind a ReplicationController that is deleted by who does not say what becomes of it', () => {
    const store = newStore();
    const owner = add(store, 'ReplicationController', 'a');
    add(store, 'Pod', 'a-1', owner);
    deleteObject(store, owner, { now });
    expect(names(store, 'ReplicationController')).toEqual([]);
    expect(names(store, 'Pod')).toEqual(['a-1']);
  });

  it('stays with another owner where it has one', () => {
    const store = newStore();
    const [one, other] = [add(store, 'Deployment', 'a'), add(store, 'Deployment', 'b')];
    add(store, 'Secret', 'shared', one, other);
    deleteObject(store, one, { now });
    expect(names(store, 'Secret')).toEqual(['shared']);
    deleteObject(store, other, { now });
    expect(names(store, 'Secret')).toEqual([]);
  });
});
