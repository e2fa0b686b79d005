/** The port to Route 53, on the AWS SDK. Loading this loads the SDK: worker and mini-worker only. */
export { createRoute53Dns } from './create-route53-dns.js';
export type { Route53Options, Route53Timeouts } from './create-route53-dns.js';
