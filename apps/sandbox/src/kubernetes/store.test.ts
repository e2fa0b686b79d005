import type { ObjectChange, ObjectStore } from './objects.js';
import { createObjectStore } from './store.js';

function newStore(): { store: ObjectStore; changes: string[] } {
  let count = 0;
  const store = createObjectStore({
    now: () => Date.parse('2026-01-02T03:04:05.678Z'),
    uid: () => {
      count += 1;
      return `uid-${count}`;
    },
  });
  const changes: string[] = [];
  store.onChange(({ type, object }) => changes.push(`${type} ${object.kind} ${object.metadata.name}`));
  return { store, changes };
}

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default', name: 'a' },
  spec: { nodeName: 'n' },
} as const;

describe('the store', () => {
  it('adds to a new object what only the server knows', () => {
    const { store } = newStore();
    expect(store.create(POD).metadata).toEqual({
      name: 'a',
      namespace: 'default',
      uid: 'uid-1',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-02T03:04:05Z',
    });
    expect(() => store.create(POD)).toThrow('already');
  });

  it('counts versions over all objects, and generations of an object by changes of its spec alone', () => {
    const { store } = newStore();
    const pod = store.create(POD);
    store.create({ ...POD, metadata: { ...POD.metadata, name: 'b' } });
    const labelled = store.update({ ...pod, metadata: { ...pod.metadata, labels: { a: 'b' } } });
    expect(labelled?.metadata).toMatchObject({ resourceVersion: '3', generation: 1, labels: { a: 'b' } });
    expect(store.update({ ...pod, spec: { nodeName: 'm' } })?.metadata).toMatchObject({
      resourceVersion: '4',
      generation: 2,
    });
  });

  it('gives kinds that have no generation none', () => {
    const { store } = newStore();
    const service = store.create({ ...POD, kind: 'Service' });
    expect(service.metadata.generation).toBeUndefined();
    expect(store.update({ ...service, spec: {} })?.metadata.generation).toBeUndefined();
  });

  it('does nothing where nothing has changed, whatever version the caller holds', () => {
    const { store, changes } = newStore();
    const pod = store.create(POD);
    const same = store.update({ ...pod, metadata: { ...pod.metadata, resourceVersion: '99' } });
    expect(same).toBe(store.get('Pod', 'default', 'a'));
    expect(changes).toEqual(['added Pod a']);
  });

  it('does not put an object in the place of a later one of the same name', () => {
    const { store } = newStore();
    const pod = store.create(POD);
    store.remove('Pod', 'default', 'a');
    const later = store.create(POD);
    expect(store.update({ ...pod, spec: {} })).toBeUndefined();
    expect(store.get('Pod', 'default', 'a')).toEqual(later);
  });

  it('removes an object on its way as soon as its last finalizer is gone, and not before', () => {
    const { store, changes } = newStore();
    const { metadata, ...pod } = store.create({ ...POD, metadata: { ...POD.metadata, finalizers: ['a/b'] } });
    const going = { ...pod, metadata: { ...metadata, deletionTimestamp: '2026-01-02T03:04:05Z' } };
    expect(store.update(going)).toBeDefined();
    expect(store.update({ ...going, metadata: { ...going.metadata, finalizers: [] } })).toBeUndefined();
    expect(store.get('Pod', 'default', 'a')).toBeUndefined();
    expect(changes).toEqual(['added Pod a', 'modified Pod a', 'removed Pod a']);
  });

  it('leaves one that has time to end to the runtime', () => {
    const { store } = newStore();
    const { metadata, ...pod } = store.create(POD);
    const ending = { deletionTimestamp: '2026-01-02T03:04:35Z', deletionGracePeriodSeconds: 30 };
    expect(store.update({ ...pod, metadata: { ...metadata, ...ending } })).toBeDefined();
    expect(store.get('Pod', 'default', 'a')).toBeDefined();
  });

  it('lists by namespace and name', () => {
    const { store } = newStore();
    for (const [namespace, name] of [
      ['b', 'a'],
      ['a', 'z'],
      ['a', 'b'],
    ] as const) {
      store.create({ ...POD, metadata: { namespace, name } });
    }
    store.create({ ...POD, kind: 'Secret', metadata: { namespace: 'a', name: 'a' } });
    const shown = (namespace?: string): string[] =>
      store.list('Pod', namespace).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(shown()).toEqual(['a/b', 'a/z', 'b/a']);
    expect(shown('b')).toEqual(['b/a']);
  });

  it('tells every listener of a change before it tells of one that a listener made', () => {
    const { store } = newStore();
    const heard: string[] = [];
    store.onChange(({ type, object }) => {
      if (type === 'added' && object.metadata.name === 'a') store.remove('Pod', 'default', 'a');
    });
    const stop = store.onChange(({ type }: ObjectChange) => heard.push(type));
    store.create(POD);
    expect(heard).toEqual(['added', 'removed']);
    stop();
    store.create({ ...POD, metadata: { ...POD.metadata, name: 'b' } });
    store.clear();
    expect(heard).toHaveLength(2);
    expect(store.list('Pod')).toEqual([]);
  });
});
