import { parseArgs } from 'node:util';
import { FAULTS, startChaos } from './chaos';

/** `npx tsc -b && node -r esbuild-register system/discovery/soak.ts --rounds 20`: each fault so many times, at random length. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
  const chaos = await startChaos();
  let slowest = 0;
  let least = Infinity;
  try {
    for (let round = 0; round < Number(values.rounds); round += 1) {
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
  if (slowest > 60_000 || least < 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
