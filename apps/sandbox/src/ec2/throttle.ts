import { Ec2Error } from './errors.js';

/** Capacity and tokens a second of one bucket. */
type Limit = readonly [capacity: number, perSecond: number];

export interface Throttle {
  /** Takes the tokens of one request. Throws `RequestLimitExceeded` where a bucket does not have them. */
  spend(action: string, parameters: ReadonlyMap<string, string>): void;
  clear(): void;
}

/**
 * "Request throttling for the Amazon EC2 API", per account and region: actions have a bucket of their own, each.
 * Launches, terminations, starts and stops also spend a token for each instance.
 */
const READ: Limit = [100, 20];
const UNFILTERED_READ: Limit = [50, 10];
const CHANGE: Limit = [50, 5];
const OWN: Readonly<Record<string, Limit>> = {
  CreateTags: [100, 10],
  RunInstances: [5, 2],
  StartInstances: [5, 2],
  TerminateInstances: [100, 5],
};
/** These have the smaller bucket for reads that name neither a filter nor a page. */
const UNFILTERED: readonly string[] = ['DescribeInstances', 'DescribeInstanceStatus', 'DescribeSecurityGroups'];
const RESOURCES: Readonly<Record<string, Limit>> = {
  RunInstances: [1000, 2],
  StartInstances: [1000, 2],
  StopInstances: [1000, 20],
  TerminateInstances: [1000, 20],
};

interface Bucket {
  tokens: number;
  filledAt: number;
}

export function createThrottle(now: () => number): Throttle {
  const buckets = new Map<string, Bucket>();

  /** The bucket as it is now. */
  function refill(name: string, [capacity, perSecond]: Limit): Bucket {
    const time = now();
    const bucket = buckets.get(name) ?? { tokens: capacity, filledAt: time };
    bucket.tokens = Math.min(capacity, bucket.tokens + ((time - bucket.filledAt) / 1000) * perSecond);
    bucket.filledAt = time;
    buckets.set(name, bucket);
    return bucket;
  }

  return {
    spend(action, parameters) {
      const unfiltered = UNFILTERED.includes(action) && !isNarrow(parameters);
      const limit = OWN[action] ?? (unfiltered ? UNFILTERED_READ : action.startsWith('Describe') ? READ : CHANGE);
      const needed: [Bucket, number][] = [[refill(unfiltered ? `${action} unfiltered` : action, limit), 1]];
      const resources = RESOURCES[action];
      if (resources !== undefined) {
        needed.push([refill(`${action} instances`, resources), countInstances(action, parameters)]);
      }
      if (needed.some(([bucket, tokens]) => bucket.tokens < tokens)) throw requestLimitExceeded();
      for (const [bucket, tokens] of needed) bucket.tokens -= tokens;
    },
    clear: () => buckets.clear(),
  };
}

export function requestLimitExceeded(): Ec2Error {
  return new Ec2Error('RequestLimitExceeded', 'Request limit exceeded.', 503);
}

function isNarrow(parameters: ReadonlyMap<string, string>): boolean {
  return [...parameters.keys()].some((name) => name === 'MaxResults' || name.startsWith('Filter.'));
}

function countInstances(action: string, parameters: ReadonlyMap<string, string>): number {
  if (action === 'RunInstances') return Number(parameters.get('MaxCount') ?? 1) || 1;
  return [...parameters.keys()].filter((name) => name.startsWith('InstanceId.')).length;
}
