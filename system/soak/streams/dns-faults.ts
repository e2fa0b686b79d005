import type { PlannedFault } from '../faults';

const route53 = (weight: number, kind: string, more: object = {}): PlannedFault => ({
  weight,
  fault: { kind, service: 'route53', ...more },
});
const action = 'ChangeResourceRecordSets';

/** What Route 53 may do without any client of records being told wrong. */
export const dnsFaults: readonly PlannedFault[] = [
  route53(3, 'drop-answer', { action, count: 1 }),
  route53(2, 'slow', { action, ms: 800, after: true }),
  route53(1, 'slow', { ms: 500 }),
  route53(2, 'throttle', { share: 0.4 }),
  route53(2, 'error', { action, count: 1 }),
  route53(2, 'down', { share: 0.5 }),
  route53(2, 'prior-request', { count: 2 }),
];
