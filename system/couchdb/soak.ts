import { FAST_KUBERNETES, SPAWNERS, type Spawner } from '../harness/couchdb';
import { startSystem } from '../harness/start-system';
import { choosePoints, countPoints, killEverywhere } from './kill-everywhere';

/** Kills a worker at every crash point of every operation on clusters; whether each ended right. */
export async function soakCrashPoints(spawners: readonly Spawner[] = SPAWNERS): Promise<boolean> {
  const system = await startSystem(FAST_KUBERNETES);
  try {
    for (const spawner of spawners) {
      const startedAt = Date.now();
      const counts = await countPoints(system, spawner);
      const kills = await killEverywhere(system, spawner, choosePoints(counts, 1, 0));
      const minutes = ((Date.now() - startedAt) / 60_000).toFixed(1);
      process.stdout.write(
        `${spawner}: points ${JSON.stringify(counts)}; ${kills.killed} operations killed, ${kills.missed} points not reached, all right, ${minutes} min\n`,
      );
    }
    return true;
  } catch (error) {
    process.stdout.write(`${String(error)}\n`);
    return false;
  } finally {
    await system.stop();
  }
}
