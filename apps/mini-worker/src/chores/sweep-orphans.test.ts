import { AppError, createSilentLogger, type EffectGuard } from '@quartermaster/foundation';
import type { CloudInstance, CloudSecurityGroup, Ec2Port } from '@quartermaster/instances';
import type { Build, Builds } from '@quartermaster/stores';
import { createSweepOrphans } from './sweep-orphans.js';

const HOUR_MS = 3_600_000;
const NOW = Date.parse('2026-01-02T03:04:05Z');
const guard: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };

const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const group = (buildId: string): CloudSecurityGroup => ({ id: `sg-${buildId}`, name: '', build_id: buildId });

/** What EC2 and the stores hold: builds by id, `undefined` for one that is not kept any more. */
interface World {
  readonly builds: Readonly<Record<string, Partial<Build> | undefined>>;
  readonly instances?: Readonly<Record<string, CloudInstance['state']>>;
  readonly refuses?: Readonly<Record<string, AppError>>;
  readonly inUse?: readonly string[];
}

function createWorld({ builds, instances = {}, refuses = {}, inUse = [] }: World) {
  const deleted: string[] = [];
  const asked: string[] = [];
  let now = NOW;
  const ec2 = {
    listSecurityGroups: (installId: string) => {
      asked.push(installId);
      return Promise.resolve([...Object.keys(builds), ''].map(group));
    },
    listInstancesOfBuild: (id: string) => Promise.resolve(instances[id] ? [{ state: instances[id] }] : []),
    deleteSecurityGroup: (id: string) => {
      if (refuses[id]) return Promise.reject(refuses[id]);
      if (inUse.includes(id)) return Promise.resolve(false);
      deleted.push(id);
      return Promise.resolve(true);
    },
  } as unknown as Ec2Port;
  const stored = { load: (id: string) => Promise.resolve(builds[id]) } as unknown as Builds;
  const log = createSilentLogger();
  const chore = createSweepOrphans({ ec2, builds: stored, installId: 'mine', log, now: () => now });
  return { deleted, asked, sweep: () => chore.run(guard), pass: (ms: number) => (now += ms) };
}

describe('the sweep', () => {
  it('removes the groups of builds that ended an hour ago or were unknown for that long, and nothing else', async () => {
    const { deleted, asked, sweep, pass } = createWorld({
      builds: {
        waiting: { state: 'pending' },
        running: { state: 'started', started_at: ago(HOUR_MS - 1000) },
        unreported: { state: 'started', started_at: ago(5 * HOUR_MS) },
        fresh: { state: 'failed', finished_at: ago(HOUR_MS - 1000) },
        failed: { state: 'failed', finished_at: ago(HOUR_MS) },
        finished: { state: 'finished', finished_at: ago(5 * HOUR_MS) },
        alive: { state: 'finished', finished_at: ago(5 * HOUR_MS) },
        leaving: { state: 'finished', finished_at: ago(5 * HOUR_MS) },
        forgotten: undefined,
      },
      instances: {
        finished: 'terminated',
        unreported: 'terminated',
        running: 'running',
        alive: 'running',
        leaving: 'shutting-down',
      },
    });
    await sweep();
    expect(deleted.sort()).toEqual(['sg-failed', 'sg-finished', 'sg-unreported']);
    expect(asked).toEqual(['mine']);
    pass(HOUR_MS);
    await sweep();
    expect(deleted).toContain('sg-forgotten');
    expect(deleted).not.toContain('sg-running');
  });

  it('leaves a group that something still uses, and one that EC2 refuses to delete, and goes on', async () => {
    const old = { state: 'failed', finished_at: ago(2 * HOUR_MS) } as const;
    const refusal = new AppError('unprocessable', 'ec2-refused', 'CannotDelete');
    const { deleted, sweep } = createWorld({
      builds: { used: old, refused: old, last: old },
      refuses: { 'sg-refused': refusal },
      inUse: ['sg-used'],
    });
    await sweep();
    expect(deleted).toEqual(['sg-last']);
  });

  it('is done every five minutes only, but again in the next round where EC2 gave no answer', async () => {
    const old = { state: 'failed', finished_at: ago(2 * HOUR_MS) } as const;
    const refuses: Record<string, AppError> = { 'sg-b': new AppError('unavailable', 'ec2-unavailable', 'no answer') };
    const { deleted, asked, sweep, pass } = createWorld({ builds: { b: old }, refuses });
    await expect(sweep()).rejects.toThrow('no answer');
    delete refuses['sg-b'];
    await sweep();
    await sweep();
    expect([deleted, asked.length]).toEqual([['sg-b'], 2]);
    pass(300_000);
    await sweep();
    expect(asked.length).toBe(3);
  });
});
