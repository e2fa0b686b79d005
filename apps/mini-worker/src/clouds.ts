import { createEc2, type Ec2 } from '@quartermaster/instances/aws';
import { createStacks, type Stacks } from '@quartermaster/stacks/aws';
import type { MiniWorkerConfig } from './config.js';

/** The ports of this process, each made real. */
export interface Clouds {
  readonly ec2: Ec2;
  readonly stacks: Stacks;
  /** Closes idle connections. */
  close(): void;
}

export function connectClouds(config: MiniWorkerConfig): Clouds {
  const ec2 = createEc2({ installId: config.INSTALL_ID });
  const stacks = createStacks(config.STACKS_SOURCE, config.AWS_REGION);
  return {
    ec2,
    stacks,
    close: () => {
      ec2.close();
      stacks.close();
    },
  };
}
