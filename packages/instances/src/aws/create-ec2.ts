import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { clientSettings, tellAttempts, type AwsPlace } from '@quartermaster/aws';
import type { Ec2Port } from '../ec2-port.js';
import { createInstanceChanges } from './instance-changes.js';
import { createReads } from './reads.js';
import { createGroupChanges } from './security-groups.js';

/** In milliseconds. */
export interface Ec2Timeouts {
  readonly connection: number;
  /** Of one attempt of any call but `RunInstances`. */
  readonly request: number;
  readonly launch: number;
}

export interface Ec2Options extends AwsPlace<NonNullable<EC2ClientConfig['credentials']>> {
  /** Whose instances are `managed`: compared with their tag `quartermaster:install`. */
  readonly installId: string;
  readonly timeouts?: Partial<Ec2Timeouts>;
}

export interface Ec2 extends Ec2Port {
  /** Closes idle connections. */
  close(): void;
}

const TIMEOUTS: Ec2Timeouts = { connection: 3_000, request: 15_000, launch: 30_000 };

/** EC2 by the AWS SDK: timeouts that really end a request, three attempts, errors in the house's words. */
export function createEc2(options: Ec2Options): Ec2 {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const { connection, request, launch } = timeouts;
  const client = tellAttempts(
    new EC2Client(clientSettings(options, { connection, request, idle: Math.max(request, launch) })),
    'ec2',
  );
  return {
    ...createReads(client, options.installId),
    ...createGroupChanges(client),
    ...createInstanceChanges(client, options.installId, timeouts.launch),
    close: () => client.destroy(),
  };
}
