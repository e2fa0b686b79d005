import { clusterName, ownerHash } from './cluster-name.js';

it('the name of a cluster is its tag and 8 digits of its owner', () => {
  expect(clusterName({ owner: 'johny2', tag: 'my-test-db1' })).toBe('my-test-db1-dc4b27f2');
  expect(ownerHash('johny2')).toMatch(/^[0-9a-f]{8}$/);
});

it('the same tag of two owners makes two names, also where the owners differ in case only', () => {
  const names = ['johny2', 'Johny2', 'johny2 ', 'jöhny2'].map((owner) => clusterName({ owner, tag: 'test' }));
  expect(new Set(names).size).toBe(names.length);
});

it('the longest tag makes a DNS label, whoever owns it', () => {
  const name = clusterName({ owner: 'ü'.repeat(200), tag: 'a12345678901' });
  expect(name).toMatch(/^[a-z][a-z0-9-]*[a-z0-9]$/);
  expect(name).toHaveLength(21);
});
