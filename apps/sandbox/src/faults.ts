import { AppError, type Problem } from '@quartermaster/foundation';
import Joi from 'joi';
import { createRandom, resourceId } from './random.js';

const KINDS = [
  'drop-answer',
  'throttle',
  'no-capacity',
  'not-found-first',
  'slow',
  'down',
  'error',
  'no-report',
  'start-failed',
  'setup-failed',
  'stuck',
  'prior-request',
] as const;

export type FaultKind = (typeof KINDS)[number];

/** A misbehaviour that was asked for. What is left out matches every service and action, always. */
export interface FaultRequest {
  readonly kind: FaultKind;
  readonly service?: string;
  readonly action?: string;
  /** How often it strikes before it removes itself. */
  readonly count?: number;
  /** Which part of the matching requests (or instances) it strikes. */
  readonly share?: number;
  /** `slow`: the delay. `not-found-first`: how long the id of a new instance or group stays unknown. `throttle` of Slack, Kubernetes and the status receiver: the Retry-After. `stuck`: how much longer it takes, for ever where left out. */
  readonly ms?: number;
  /** `slow` only: wait after the effect instead of before. */
  readonly after?: boolean;
  /** `start-failed`, `setup-failed`, `stuck` only: the id (of EC2 or OpsWorks) or host name of the only one it meets. */
  readonly instance?: string;
  readonly status?: number;
  readonly code?: string;
}

export interface Fault extends FaultRequest {
  readonly id: string;
  readonly struck: number;
}

export interface Faults {
  add(request: FaultRequest): Fault;
  list(): readonly Fault[];
  remove(id: string): boolean;
  clear(): void;
  /** The first fault of these kinds that strikes this action now; spends one of its count. */
  strike(
    kinds: readonly FaultKind[],
    service: string,
    action: string,
    /** Every name of the instance that it would meet. */
    instance?: readonly string[],
  ): Fault | undefined;
}

/** Kinds that belong to an effect of EC2: the actions they can strike, the first where none is named. */
const OF_EC2: Readonly<Partial<Record<FaultKind, readonly [string, ...string[]]>>> = {
  'no-capacity': ['RunInstances', 'StartInstances'],
  'not-found-first': ['RunInstances', 'CreateSecurityGroup'],
  'no-report': ['RunInstances'],
};

/** Kinds that belong to stopping and starting, in EC2 and in OpsWorks: the actions they can strike. */
const OF_POWER: Readonly<Partial<Record<FaultKind, readonly string[]>>> = {
  'start-failed': ['StartInstances', 'StartInstance'],
  'setup-failed': ['StartInstances', 'StartInstance'],
  stuck: ['StartInstances', 'StartInstance', 'StopInstances', 'StopInstance'],
};

const faultSchema = Joi.object<FaultRequest>({
  kind: Joi.string()
    .valid(...KINDS)
    .required(),
  service: Joi.string().valid('ec2', 'opsworks', 'slack', 'route53', 'status-receiver', 'kubernetes'),
  action: Joi.string().pattern(/^[A-Za-z][A-Za-z.]{0,63}$/, 'an action or method name'),
  count: Joi.number().integer().min(1),
  share: Joi.number().min(0).max(1),
  ms: Joi.number().integer().min(0).max(3_600_000),
  after: Joi.boolean(),
  instance: Joi.string().max(100),
  status: Joi.number().integer().min(400).max(599),
  code: Joi.string().max(100),
})
  .custom((fault: FaultRequest) => {
    if ((fault.kind === 'slow' || fault.kind === 'not-found-first') && fault.ms === undefined) {
      throw new Error(`${fault.kind} needs ms`);
    }
    if (fault.kind !== 'slow' && fault.after !== undefined) throw new Error('after belongs to slow');
    if (fault.kind !== 'error' && (fault.status ?? fault.code) !== undefined) {
      throw new Error('status and code belong to error');
    }
    if (fault.kind === 'prior-request') return ofRoute53(fault);
    assertPower(fault);
    const actions = OF_EC2[fault.kind];
    if (actions === undefined) return fault;
    const action = fault.action ?? actions[0];
    if (fault.service !== undefined && fault.service !== 'ec2') throw new Error(`${fault.kind} belongs to ec2`);
    if (!actions.includes(action)) throw new Error(`${fault.kind} belongs to ${actions.join(' or ')}`);
    return { ...fault, service: 'ec2', action };
  })
  .required()
  .messages({ 'any.custom': '{{#error.message}}' });

function ofRoute53(fault: FaultRequest): FaultRequest {
  const { kind, service = 'route53', action = 'ChangeResourceRecordSets' } = fault;
  if (service !== 'route53') throw new Error(`${kind} belongs to route53`);
  if (action !== 'ChangeResourceRecordSets') throw new Error(`${kind} belongs to ChangeResourceRecordSets`);
  return { ...fault, service, action };
}

function assertPower({ kind, service, action, instance }: FaultRequest): void {
  const actions = OF_POWER[kind];
  if (actions === undefined) {
    if (instance !== undefined) throw new Error(`instance belongs to ${Object.keys(OF_POWER).join(', ')}`);
    return;
  }
  if (service !== undefined && service !== 'ec2' && service !== 'opsworks') {
    throw new Error(`${kind} belongs to ec2 or opsworks`);
  }
  if (action !== undefined && !actions.includes(action)) throw new Error(`${kind} belongs to ${actions.join(' or ')}`);
}

/** Throws `invalid` with every problem of the body at once. */
export function parseFaultRequest(value: unknown): FaultRequest {
  const result = faultSchema.validate(value, { abortEarly: false, errors: { wrap: { label: false } } });
  if (!result.error) return result.value;
  const problems: Problem[] = result.error.details.map((detail) => ({
    detail: detail.message,
    pointer: `/${detail.path.join('/')}`,
  }));
  throw new AppError('invalid', 'invalid-fault', 'The fault is not usable.', { problems });
}

export function createFaults(seed: number): Faults {
  let faults: (FaultRequest & { id: string; struck: number })[] = [];
  let random = createRandom(seed);

  return {
    add(request) {
      const fault = { ...request, id: resourceId('fault'), struck: 0 };
      faults.push(fault);
      return { ...fault };
    },
    list: () => faults.map((fault) => ({ ...fault })),
    remove(id) {
      const before = faults.length;
      faults = faults.filter((fault) => fault.id !== id);
      return faults.length < before;
    },
    clear() {
      faults = [];
      random = createRandom(seed);
    },
    strike(kinds, service, action, instance = []) {
      for (const fault of faults) {
        if (!kinds.includes(fault.kind)) continue;
        if (fault.service !== undefined && fault.service !== service) continue;
        if (fault.action !== undefined && fault.action !== action) continue;
        if (fault.instance !== undefined && !instance.includes(fault.instance)) continue;
        if (fault.share !== undefined && random() >= fault.share) continue;
        fault.struck += 1;
        if (fault.count !== undefined && fault.struck >= fault.count) {
          faults = faults.filter((other) => other !== fault);
        }
        return { ...fault };
      }
      return undefined;
    },
  };
}
