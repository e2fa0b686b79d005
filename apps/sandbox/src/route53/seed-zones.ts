import type { DnsAccount } from './account.js';
import type { RecordSet, RecordSetBody, Zone } from './model.js';
import { parseName } from './names.js';

/** The zone id that Route 53 gives load balancers in us-east-1, where aliases point to. */
const LOAD_BALANCERS = 'Z35SXDOTRQ7X7K';

/**
 * The zones of an account that others work in too, with records that the product must never touch. Names are such that
 * "the last two labels" finds the wrong zone or none, and one is both a public and a private zone.
 */
export function seedZones(account: DnsAccount, vpcId: string): void {
  const add = (name: string, isPrivate = false): Zone =>
    account.addZone({
      name: parseName(name),
      callerReference: `seed ${name}${isPrivate ? ' private' : ''}`,
      comment: 'made by hand',
      vpc: isPrivate ? { id: vpcId, region: account.region } : undefined,
    });

  const example = add('example.com');
  put(example, 'example.com', { type: 'MX', ttl: 3600, values: ['10 mx1.example.com.', '20 mx2.example.com.'] });
  put(example, 'example.com', { type: 'TXT', ttl: 3600, values: ['"v=spf1 mx -all"', '"owner=platform"'] });
  put(example, 'www.example.com', { type: 'A', ttl: 300, values: ['192.0.2.10', '192.0.2.11'] });
  put(example, '*.apps.example.com', { type: 'CNAME', ttl: 300, values: ['ingress.example.com.'] });
  for (const [setIdentifier, weight, value] of [
    ['blue', 90, '192.0.2.20'],
    ['green', 10, '192.0.2.21'],
  ] as const) {
    put(example, 'shop.example.com', { type: 'A', setIdentifier, weight, ttl: 60, values: [value] });
  }
  put(example, 'api.example.com', {
    type: 'A',
    values: [],
    alias: {
      hostedZoneId: LOAD_BALANCERS,
      dnsName: 'api-1234567890.us-east-1.elb.amazonaws.com.',
      evaluateTargetHealth: true,
    },
  });

  const sparkles = add('sparkles.cluster', true);
  put(sparkles, 'kick.sparkles.cluster', { type: 'A', ttl: 60, values: ['10.20.0.5'] });
  put(sparkles, '_etcd._tcp.sparkles.cluster', { type: 'SRV', ttl: 60, values: ['1 1 2379 etcd.sparkles.cluster'] });

  const uk = add('example.co.uk');
  put(uk, 'www.example.co.uk', { type: 'CNAME', ttl: 300, values: ['www.example.com'] });
  put(uk, 'dev.example.co.uk', { type: 'NS', ttl: 172_800, values: ['ns-1.example.net.', 'ns-2.example.net.'] });
  const dev = add('dev.example.co.uk');
  put(dev, 'www.dev.example.co.uk', { type: 'A', ttl: 300, values: ['192.0.2.30'] });

  put(add('both.example.org'), 'www.both.example.org', { type: 'A', ttl: 300, values: ['192.0.2.40'] });
  put(add('both.example.org', true), 'www.both.example.org', { type: 'A', ttl: 300, values: ['10.20.0.40'] });
}

function put(zone: Zone, text: string, body: RecordSetBody): void {
  const name = parseName(text);
  const set: RecordSet = { name, ...body };
  zone.sets.set(name.spelled, [...(zone.sets.get(name.spelled) ?? []), set]);
}
