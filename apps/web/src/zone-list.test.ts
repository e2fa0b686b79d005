import { createZoneList } from './zone-list';

const ZONES = [{ id: 'Z1', name: 'example.com', is_private: false }];

function cacheOf(refreshedAt: () => number) {
  let loads = 0;
  const load = () => {
    loads += 1;
    return Promise.resolve({ meta: { version: '', refreshed_at: refreshedAt() }, zones: ZONES });
  };
  return { load, loads: () => loads };
}

describe('the list of zones', () => {
  it('is read again after a second', async () => {
    let now = 0;
    const cache = cacheOf(() => 1);
    const list = createZoneList(cache, () => now);
    await list.load();
    now = 999;
    expect(await list.load()).toBe(ZONES);
    expect(cache.loads()).toBe(1);
    now = 1000;
    await list.load();
    expect(cache.loads()).toBe(2);
  });

  it('is 503 until somebody has read it from Route 53, and then at once there', async () => {
    let refreshedAt = 0;
    const list = createZoneList(cacheOf(() => refreshedAt));
    await expect(list.load()).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'zones-not-read',
      retryAfterSeconds: 10,
    });
    refreshedAt = 5;
    expect(await list.load()).toBe(ZONES);
  });
});
