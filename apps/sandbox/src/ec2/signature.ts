import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Exchange } from '../http.js';
import { Ec2Error } from './errors.js';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}

/** AWS refuses what was signed more than a quarter of an hour away from its own clock. */
const CLOCK_TOLERANCE_MS = 15 * 60_000;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/;

/**
 * Verifies a request's Signature Version 4 for real, so that a client with a wrong secret, region or clock is refused as
 * AWS would. Throws an `Ec2Error`. Source: "Create a signed AWS API request" in the IAM User Guide.
 */
export function verifySignature(exchange: Exchange, credentials: Credentials, now: number): void {
  const header = exchange.headers.authorization;
  if (header === undefined) {
    throw new Ec2Error('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
  const match = AUTHORIZATION.exec(header);
  if (match === null) {
    throw new Ec2Error('IncompleteSignature', 'The request signature does not conform to AWS standards.', 400);
  }
  const [, keyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] = match;
  // A session token belongs to temporary credentials, and there are none here.
  if (keyId !== credentials.accessKeyId || exchange.headers['x-amz-security-token'] !== undefined) {
    throw new Ec2Error('AuthFailure', 'AWS was not able to validate the provided access credentials', 401);
  }
  const time = headerText(exchange, 'x-amz-date');
  assertInTime(time, date, now);
  if (region !== credentials.region) throw mismatch(`Credential should be scoped to a valid region, not '${region}'.`);
  if (service !== credentials.service) {
    throw mismatch(`Credential should be scoped to correct service: '${credentials.service}'.`);
  }
  const names = signedHeaders.split(';');
  if (!names.includes('host')) throw mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.");

  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonicalRequest(exchange, names))].join('\n');
  let key: Buffer = Buffer.from(`AWS4${credentials.secretAccessKey}`);
  for (const part of [date, region, service, 'aws4_request', toSign])
    key = createHmac('sha256', key).update(part).digest();
  if (!timingSafeEqual(key, Buffer.from(signature, 'hex'))) {
    throw mismatch(
      'The request signature we calculated does not match the signature you provided. ' +
        'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
}

function assertInTime(time: string, date: string, now: number): void {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(time);
  if (match === null || !time.startsWith(date)) {
    throw new Ec2Error(
      'IncompleteSignature',
      `Date in Credential scope does not match the date in X-Amz-Date '${time}'.`,
    );
  }
  const [year = 0, month = 1, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  if (Math.abs(Date.UTC(year, month - 1, day, hour, minute, second) - now) > CLOCK_TOLERANCE_MS) {
    throw new Ec2Error('RequestExpired', 'Request has expired.');
  }
}

function canonicalRequest(exchange: Exchange, names: readonly string[]): string {
  const headers = names.map((name) => `${name}:${headerText(exchange, name).trim().replaceAll(/\s+/g, ' ')}\n`);
  const query = exchange.query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => (part.includes('=') ? part : `${part}=`))
    .sort()
    .join('&');
  return [exchange.method, exchange.path, query, headers.join(''), names.join(';'), sha256(exchange.body)].join('\n');
}

function headerText(exchange: Exchange, name: string): string {
  const value = exchange.headers[name] ?? '';
  return Array.isArray(value) ? value.join(',') : value;
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function mismatch(message: string): Ec2Error {
  return new Ec2Error('SignatureDoesNotMatch', message, 403);
}
