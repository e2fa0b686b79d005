import { EC2 } from '@aws-sdk/client-ec2';
import { OpsWorks } from '@aws-sdk/client-opsworks';
import { clientSettings, tellAttempts, type AwsTimeouts } from '@quartermaster/aws';

/** The AWS SDK's clients for tasks. */
export interface AwsClients {
  readonly ec2: EC2;
  readonly opsworks: OpsWorks;
  /** Closes idle connections. */
  close(): void;
}

/** An answer that stalls is not ended: an idle time of 0 is none. */
const TIMEOUTS: AwsTimeouts = { connection: 3_000, request: 15_000, idle: 0 };

/** Each made when it is first used. Region, endpoint and credentials are found by the SDK as ever. */
export function createAwsClients(): AwsClients {
  let ec2: EC2 | undefined;
  let opsworks: OpsWorks | undefined;
  const settings = clientSettings<never>({}, TIMEOUTS);
  return {
    get ec2() {
      return (ec2 ??= tellAttempts(new EC2(settings), 'ec2'));
    },
    get opsworks() {
      return (opsworks ??= tellAttempts(new OpsWorks(settings), 'opsworks'));
    },
    close: () => {
      ec2?.destroy();
      opsworks?.destroy();
    },
  };
}
