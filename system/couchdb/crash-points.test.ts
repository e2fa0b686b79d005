import { FAST_KUBERNETES, SPAWNERS } from '../harness/couchdb';
import { startSystem, type System } from '../harness/start-system';
import { choosePoints, countPoints, killEverywhere } from './kill-everywhere';

jest.setTimeout(900_000);

/** All spawners share most of their steps: each takes other points. `npm run soak -- crash-points` takes them all. */
const EVERY = 21;

let system: System;
beforeAll(async () => {
  system = await startSystem(FAST_KUBERNETES);
});
afterAll(() => system.stop());

describe('the operations on a cluster', () => {
  it('end right wherever their worker is killed, by every spawner', async () => {
    await Promise.all(
      SPAWNERS.map(async (spawner, index) => {
        const counts = await countPoints(system, spawner);
        for (const count of Object.values(counts)) expect(count).toBeGreaterThanOrEqual(6);
        const points = choosePoints(counts, EVERY, Math.floor((index * EVERY) / SPAWNERS.length) + 1);
        const kills = await killEverywhere(system, spawner, points);
        process.stdout.write(`${spawner}: points ${JSON.stringify(counts)}, ${JSON.stringify(kills)}\n`);
        expect(kills.killed).toBeGreaterThanOrEqual(8);
        expect(kills.missed).toBeLessThan(kills.killed / 3);
      }),
    );
  });
});
