import { FAST_KUBERNETES, openCouchLane } from '../harness/couchdb';
import { startSystem } from '../harness/start-system';
import { fuzz } from './fuzz';

const account = { username: 'fuzz', token: 'fuzz-token-0123456789' };

/** Fuzzes a whole product for so many seconds. Tells what was found; whether that is nothing. */
export async function soakFuzz(seed: number, seconds: number): Promise<boolean> {
  const system = await startSystem(FAST_KUBERNETES);
  try {
    const lane = await openCouchLane(system, 'deployment');
    await lane.api('/accounts', { body: account });
    const until = Date.now() + seconds * 1000;
    const { requests, succeeded, byStatus, findings } = await fuzz(lane, { seed, rounds: Infinity, until, account });
    const counted = `${requests} requests, ${succeeded.size} operations succeeded, ${JSON.stringify(byStatus)}`;
    process.stdout.write(`seed ${seed}: ${counted}\n${findings.length} findings\n${findings.join('\n')}\n`);
    return findings.length === 0;
  } finally {
    await system.stop();
  }
}
