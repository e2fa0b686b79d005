import type { SandboxConfig } from '../config.js';
import type { World } from '../ec2/world.js';
import type { Faults } from '../faults.js';
import type { Records } from '../records.js';
import type { Service } from '../service.js';
import { createDnsAccount } from './account.js';
import { createDnsControl, type DnsControl } from './dns-control.js';
import { createRoute53Service } from './route53-service.js';
import { seedZones } from './seed-zones.js';
import { createRateLimit } from './throttle.js';

export interface Route53 {
  readonly service: Service;
  readonly control: DnsControl;
  /** Begins anew with the seeded zones. */
  reset(): void;
}

export interface Route53Setup {
  readonly config: SandboxConfig;
  /** Asked anew each time: a reset makes a new world, and is to be done before that of Route 53. */
  readonly world: () => World;
  readonly faults: Faults;
  readonly records: Records;
  readonly now: () => number;
}

/** Route 53 with all that belongs to it: the zones of the account, its protocol, its part of the control plane. */
export function createRoute53({ config, world, faults, records, now }: Route53Setup): Route53 {
  const account = createDnsAccount({
    region: config.SANDBOX_REGION,
    seed: config.SANDBOX_SEED,
    insyncMs: config.SANDBOX_ROUTE53_INSYNC_MS,
    now,
    records,
    hasVpc: (id) => world().vpcs.has(id),
  });
  /** The one that is never the default: what is private is private to it. */
  const privateVpc = (): string => [...world().vpcs.values()].at(-1)?.id ?? '';
  const rateLimit = config.SANDBOX_THROTTLE === 'on' ? createRateLimit(now) : undefined;
  const credentials = {
    accessKeyId: config.SANDBOX_ACCESS_KEY_ID,
    secretAccessKey: config.SANDBOX_SECRET_ACCESS_KEY,
  };
  const processMs = config.SANDBOX_ROUTE53_PROCESS_MS;
  seedZones(account, privateVpc());
  return {
    service: createRoute53Service({ account, faults, records, credentials, processMs, rateLimit }),
    control: createDnsControl(account, privateVpc),
    reset() {
      rateLimit?.clear();
      account.clear();
      seedZones(account, privateVpc());
    },
  };
}
