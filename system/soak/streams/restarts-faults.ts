import type { PlannedFault } from '../faults';
import type { Random } from '../random';

const power = (service: string, more: PlannedFault['fault'], weight = 2): PlannedFault => ({
  weight,
  fault: { service, ...more },
});

/** What calls of this source may meet. What an instance may do is planned for each restart (`planMishaps`). */
export function restartsFaults(source: 'ec2-tags' | 'opsworks'): readonly PlannedFault[] {
  const service = source === 'ec2-tags' ? 'ec2' : 'opsworks';
  const [stop, start] = service === 'ec2' ? ['StopInstances', 'StartInstances'] : ['StopInstance', 'StartInstance'];
  return [
    power(service, { kind: 'drop-answer', action: stop, count: 2 }, 3),
    power(service, { kind: 'drop-answer', action: start, count: 2 }, 3),
    power(service, { kind: 'slow', action: stop, ms: 1000, after: true }),
    power(service, { kind: 'slow', action: start, ms: 1000, after: true }),
    power(service, { kind: 'stuck', ms: 2000, share: 0.3 }),
    power(service, { kind: 'throttle', share: 0.3 }),
    power(service, { kind: 'error', share: 0.3 }, 1),
    power(service, { kind: 'down', share: 0.5 }, 1),
    ...(service === 'ec2' ? [power(service, { kind: 'no-capacity', action: start, share: 0.5 })] : []),
    { weight: 1, fault: { kind: 'drop-answer', service: 'slack', action: 'chat.postMessage', count: 3 } },
  ];
}

/** Faults of single instances, each of which strikes once: in about one of twelve. */
export function planMishaps(random: Random, ids: readonly string[]): object[] {
  return ids
    .filter(() => random.chance(0.08))
    .map((instance) => {
      const { kind } = random.pick([
        { kind: 'start-failed', weight: 3 },
        { kind: 'setup-failed', weight: 2 },
        { kind: 'stuck', weight: 1 },
      ]);
      return { kind, instance, count: 1 };
    });
}
