import { readStanding } from './read-standing.js';
import type { RecordSet } from './record.js';
import { MemoryZone } from './testing/memory-zone.js';
import { isCovered, unescapeName } from './zone-names.js';

const set = (name: string): RecordSet => ({ name, type: 'A', ttl: 60, values: ['10.0.0.1'], is_special: false });

it('many names are read with few requests', async () => {
  const zone = new MemoryZone(2000);
  const names = Array.from({ length: 900 }, (_, index) => `host${index}.example.com`);
  zone.apply(
    names.filter((_, index) => index % 2 === 0).map((name) => ({ action: 'CREATE', set: set(name) })),
    () => 'r',
  );
  let requests = 0;
  const standing = await readStanding(names, (from) => {
    requests += 1;
    return Promise.resolve(zone.page(from, 300));
  });
  expect([standing.length, requests]).toEqual([450, 2]);
});

it('a page tells of names between its ends, whichever way the dots are sorted', () => {
  expect(isCovered('b.example.com', 'a.example.com', 'c.example.com')).toBe(true);
  expect(isCovered('c.example.com', 'a.example.com', 'c.example.com')).toBe(false);
  expect(isCovered('x.b.example.com', 'a.example.com', 'c.example.com')).toBe(true);
  expect(isCovered('z.example.com', 'a.example.com', undefined)).toBe(true);
  expect(isCovered('a-b.example.com', 'a.example.com', 'b.example.com')).toBe(false);
  expect(isCovered('*.example.com', 'a.example.com', undefined)).toBe(false);
  expect(isCovered('*.example.com', '*.example.com', undefined)).toBe(true);
});

it('names are unescaped', () => {
  expect(unescapeName('\\052.Example.com.')).toBe('*.example.com.');
});
