import { createEc2, type Ec2 } from '@quartermaster/instances/aws';
import type { MiniWorkerConfig } from './config.js';

/** The ports of this process, each made real. */
export function connectClouds(config: MiniWorkerConfig): { ec2: Ec2 } {
  return { ec2: createEc2({ installId: config.INSTALL_ID }) };
}
