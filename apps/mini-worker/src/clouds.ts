import type { DnsPort } from '@quartermaster/dns';
import { createRoute53Dns } from '@quartermaster/dns/aws';
import { createEc2, type Ec2 } from '@quartermaster/instances/aws';
import { createStacks, type Stacks } from '@quartermaster/stacks/aws';
import type { MiniWorkerConfig } from './config.js';

/** The ports of this process, each made real. */
export interface Clouds {
  readonly ec2: Ec2;
  readonly stacks: Stacks;
  readonly dns: DnsPort;
  /** Closes idle connections. */
  close(): void;
}

export function connectClouds(config: MiniWorkerConfig): Clouds {
  const ec2 = createEc2({ installId: config.INSTALL_ID });
  const stacks = createStacks(config.STACKS_SOURCE, config.AWS_REGION);
  const dns = createRoute53Dns();
  return {
    ec2,
    stacks,
    dns,
    close: () => {
      ec2.close();
      stacks.close();
      dns.close();
    },
  };
}
