import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createProtectedInstances, type ProtectedInstances } from './protected-instances.js';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const MINUTE_MS = 60_000;

let test: TestRedis;
let instances: ProtectedInstances;
beforeEach(async () => {
  test = await openTestRedis();
  instances = createProtectedInstances(test.redis, test.keys);
});
afterEach(() => test.close());

describe('protected instances', () => {
  it('are known until the protection ends or the instance is gone', async () => {
    expect(await instances.isProtected('i-1', Date.now())).toBe(false);
    for (const id of ['i-1', 'i-2', 'i-3']) await instances.note(id, true, NOW);
    await instances.note('i-1', false, NOW);
    await instances.keepOnly(new Set(['i-1', 'i-2']));
    const known = await Promise.all(['i-1', 'i-2', 'i-3'].map((id) => instances.isProtected(id, NOW + MINUTE_MS)));
    expect(known).toEqual([false, true, false]);
    // A note that nobody has confirmed for long is no ground to refuse.
    expect(await instances.isProtected('i-2', NOW + 11 * MINUTE_MS)).toBe(false);
  });

  it('are looked at earlier than others, but never so often that the others are not looked at', async () => {
    await instances.note('open', false, NOW);
    await instances.note('shut', true, NOW + MINUTE_MS);
    expect(await instances.nextToCheck(['open', 'shut', 'new'], 3)).toEqual(['new', 'shut', 'open']);
    await instances.note('shut', true, NOW + 10 * MINUTE_MS);
    expect(await instances.nextToCheck(['open', 'shut'], 1)).toEqual(['open']);
  });
});
