/** The port to EC2, on the AWS SDK. Loading this loads the SDK (some 70 MB): worker and mini-worker only. */
export { createEc2 } from './create-ec2.js';
export type { Ec2, Ec2Options, Ec2Timeouts } from './create-ec2.js';
