import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
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

export interface Ec2Options {
  /** Whose instances are `managed`: compared with their tag `quartermaster:install`. */
  readonly installId: string;
  /** Where left out, the SDK finds it as ever (`AWS_REGION`, profiles …); so too the endpoint and the credentials. */
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: NonNullable<EC2ClientConfig['credentials']>;
  readonly timeouts?: Partial<Ec2Timeouts>;
}

export interface Ec2 extends Ec2Port {
  /** Closes idle connections. */
  close(): void;
}

const TIMEOUTS: Ec2Timeouts = { connection: 3_000, request: 15_000, launch: 30_000 };

/** Attempts of one call, the first included; the journal tries again after that. */
const MAX_ATTEMPTS = 3;

/** EC2 by the AWS SDK: timeouts that really end a request, three attempts, errors in the house's words. */
export function createEc2(options: Ec2Options): Ec2 {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const client = new EC2Client({
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: timeouts.connection,
      requestTimeout: timeouts.request,
      // Without this the SDK only warns that the time is over.
      throwOnRequestTimeout: true,
      // The request's time ends with the answer's first byte: an answer that stalls is ended as an idle socket.
      socketTimeout: Math.max(timeouts.request, timeouts.launch),
    },
  });
  return {
    ...createReads(client, options.installId),
    ...createGroupChanges(client),
    ...createInstanceChanges(client, options.installId, timeouts.launch),
    close: () => client.destroy(),
  };
}
