import type { DnsPort } from '@quartermaster/dns';
import { createRoute53Dns } from '@quartermaster/dns/aws';
import { createEc2, type Ec2 } from '@quartermaster/instances/aws';
import type { MiniWorkerConfig } from './config.js';

/** The ports of this process, each made real. */
export interface Clouds {
  readonly ec2: Ec2;
  readonly dns: DnsPort;
}

export function connectClouds(config: MiniWorkerConfig): Clouds {
  return { ec2: createEc2({ installId: config.INSTALL_ID }), dns: createRoute53Dns() };
}
