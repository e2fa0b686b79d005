import type { EC2ClientConfig } from '@aws-sdk/client-ec2';
import type { AwsPlace, AwsTimeouts } from '@quartermaster/aws';
import type { StackSource } from '../stack-source.js';

/** Where a source finds AWS, and as whom. */
export type StacksPlace = AwsPlace<NonNullable<EC2ClientConfig['credentials']>>;

/** A source of stacks with connections to close. */
export interface Stacks extends StackSource {
  /** Closes idle connections. */
  close(): void;
}

/** Of every call of either source. */
export const TIMEOUTS: AwsTimeouts = { connection: 3_000, request: 15_000, idle: 15_000 };
