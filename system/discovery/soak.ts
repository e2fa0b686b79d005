import { FAULTS, startChaos } from './chaos';

const AGREED_WITHIN_MS = 60_000;

/** Each fault `rounds` times, at random length. True where all views agreed in time, and who was cut off knew it first. */
export async function soakDiscovery(rounds: number): Promise<boolean> {
  const chaos = await startChaos();
  let slowest = 0;
  let least = Infinity;
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const fault of FAULTS) {
        const outageMs = Math.round(500 + Math.random() * 7500);
        const report = await chaos.round(fault, outageMs);
        process.stdout.write(`${JSON.stringify({ round, outageMs, ...report })}\n`);
        slowest = Math.max(slowest, report.agreedMs);
        least = Math.min(least, report.knewEarlierMs ?? Infinity);
      }
    }
  } finally {
    await chaos.stop();
  }
  process.stdout.write(`agreed after ${slowest} ms at most; registrars knew at least ${least} ms before the others\n`);
  return slowest <= AGREED_WITHIN_MS && least >= 0;
}
