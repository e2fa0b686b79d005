import type { PlannedFault } from '../faults';

const ec2 = (action: string, kind: string, more: object = {}): PlannedFault => ({
  weight: 2,
  fault: { kind, service: 'ec2', action, ...more },
});

/** What EC2 and Slack may do without any client of builds and terminations being told wrong. */
export const buildsFaults: readonly PlannedFault[] = [
  ec2('RunInstances', 'drop-answer', { count: 2 }),
  ec2('CreateSecurityGroup', 'drop-answer', { count: 2 }),
  ec2('TerminateInstances', 'drop-answer', { count: 2 }),
  ec2('RunInstances', 'slow', { ms: 1500, after: true }),
  ec2('TerminateInstances', 'slow', { ms: 1000, after: true }),
  ec2('CreateSecurityGroup', 'not-found-first', { ms: 1500 }),
  ec2('RunInstances', 'not-found-first', { ms: 1500 }),
  ec2('RunInstances', 'no-capacity', { share: 0.3 }),
  ec2('RunInstances', 'no-report', { share: 0.3 }),
  { weight: 2, fault: { kind: 'drop-answer', service: 'slack', action: 'chat.postMessage', count: 3 } },
  { weight: 1, fault: { kind: 'throttle', service: 'slack', ms: 1000, count: 5 } },
  { weight: 1, fault: { kind: 'error', service: 'slack', share: 0.3 } },
  { weight: 2, fault: { kind: 'throttle', service: 'ec2', share: 0.3 } },
  { weight: 1, fault: { kind: 'error', service: 'ec2', share: 0.3 } },
  { weight: 1, fault: { kind: 'slow', service: 'ec2', ms: 400 } },
  { weight: 1, fault: { kind: 'down', service: 'ec2', share: 0.5 } },
];
