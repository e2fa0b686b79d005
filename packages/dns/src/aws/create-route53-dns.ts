import { Route53Client, type Route53ClientConfig } from '@aws-sdk/client-route-53';
import { clientSettings, createCalls, tellAttempts, type AwsPlace } from '@quartermaster/aws';
import type { DnsPort } from '../dns-port.js';
import { createChanges } from './changes.js';
import { createReads } from './reads.js';

/** In milliseconds. */
export interface Route53Timeouts {
  readonly connection: number;
  /** Of any call. Must be shorter than the drain's `settle_ms`. */
  readonly request: number;
}

export interface Route53Options extends AwsPlace<NonNullable<Route53ClientConfig['credentials']>> {
  readonly timeouts?: Partial<Route53Timeouts>;
}

const TIMEOUTS: Route53Timeouts = { connection: 3_000, request: 10_000 };

/**
 * Route 53 by the AWS SDK: one attempt a call, as whoever calls counts the requests; timeouts that really end one; errors
 * in the house's words.
 */
export function createRoute53Dns(options: Route53Options = {}): DnsPort {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const client = tellAttempts(
    new Route53Client(clientSettings(options, { ...timeouts, idle: timeouts.request }, 1)),
    'route53',
  );
  const calls = createCalls({ name: 'Route 53', prefix: 'route53' });
  return { ...createReads(client, calls), ...createChanges(client, calls), close: () => client.destroy() };
}
