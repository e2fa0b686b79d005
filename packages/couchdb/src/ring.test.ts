import type { RingNode } from './cluster.js';
import { REPLICATION_PREFIX } from './couch-port.js';
import { isSameRing, planCopy, planRing, type RingEdge } from './ring.js';

const node = (index: number, incarnation = `pod-${index}/0`): RingNode => ({
  name: `n-${index}`,
  address: `10.0.0.${index}`,
  incarnation,
});
const nodes = (count: number): RingNode[] => Array.from({ length: count }, (_, index) => node(index + 1));

/** Who gets what `from` writes. */
function reachedFrom(from: string, edges: readonly RingEdge[]): string[] {
  const reached = new Set([from]);
  for (const name of reached) {
    for (const { source, target } of edges) if (source === name) reached.add(target);
  }
  return [...reached].sort();
}

describe.each([2, 3, 4, 8, 10])('a ring of %i', (count) => {
  it('carries every database from everyone to everyone', () => {
    const edges = planRing(nodes(count), ['_users', 'test']);
    for (const database of ['_users', 'test']) {
      const ways = edges.filter((edge) => edge.database === database);
      expect(ways).toHaveLength(count);
      for (const { name } of nodes(count)) expect(reachedFrom(name, ways)).toHaveLength(count);
    }
  });

  it('has one way out of every node and one into it, and each goes from address to address', () => {
    const edges = planRing(nodes(count), ['test']);
    expect(new Set(edges.map(({ source }) => source)).size).toBe(count);
    expect(new Set(edges.map(({ target }) => target)).size).toBe(count);
    for (const edge of edges) {
      expect(edge).toMatchObject({
        from: edge.source.replace('n-', '10.0.0.'),
        to: edge.target.replace('n-', '10.0.0.'),
      });
    }
  });

  it('has ids that tell ways and databases apart, and are the same whenever they are planned', () => {
    const edges = planRing(nodes(count), ['_users', 'test', 'a/b']);
    const ids = edges.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(planRing(nodes(count), ['_users', 'test', 'a/b']).map(({ id }) => id)).toEqual(ids);
    for (const id of ids) expect(id.startsWith(REPLICATION_PREFIX)).toBe(true);
  });

  it('draws the two ways at a node anew that was started anew, and no other', () => {
    const before = new Set(planRing(nodes(count), ['test']).map(({ id }) => id));
    const after = planRing([node(1, 'pod-1/1'), ...nodes(count).slice(1)], ['test']);
    const changed = after.filter(({ id }) => !before.has(id));
    expect(changed).toHaveLength(2);
    for (const { source, target } of changed) expect([source, target]).toContain('n-1');
  });
});

it('one node, or none, has no ring', () => {
  expect(planRing(nodes(1), ['test'])).toEqual([]);
  expect(planRing([], ['test'])).toEqual([]);
  expect(planRing([], ['test'], [node(1)])).toEqual([]);
});

it('what leaves sends to the ring and gets nothing from it', () => {
  const edges = planRing(nodes(3), ['test'], [node(8), node(9)]);
  for (const name of ['n-8', 'n-9']) {
    expect(edges.filter(({ target }) => target === name)).toEqual([]);
    expect(reachedFrom(name, edges)).toEqual([name, 'n-1', 'n-2', 'n-3'].sort());
  }
  expect(planRing(nodes(1), ['test'], [node(2)])).toMatchObject([{ source: 'n-2', target: 'n-1', continuous: true }]);
});

it('a copy is another replication than the way of a ring between the same nodes', () => {
  const copy = planCopy(node(1), node(2), 'test');
  expect(copy).toMatchObject({ from: '10.0.0.1', to: '10.0.0.2', database: 'test', continuous: false });
  expect(planRing(nodes(2), ['test']).map(({ id }) => id)).not.toContain(copy.id);
  expect(planCopy(node(2), node(1), 'test').id).not.toBe(copy.id);
});

it('two rings are the same that go through the same nodes, in the same order, in the same incarnations', () => {
  expect(isSameRing(nodes(3), nodes(3))).toBe(true);
  expect(isSameRing(nodes(3), nodes(4))).toBe(false);
  expect(isSameRing(nodes(3), nodes(3).toReversed())).toBe(false);
  expect(isSameRing(nodes(2), [node(1), node(2, 'pod-2/1')])).toBe(false);
  expect(isSameRing(nodes(1), [{ ...node(1), address: '10.0.0.9' }])).toBe(false);
});
