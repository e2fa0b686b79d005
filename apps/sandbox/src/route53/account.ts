import type { Records } from '../records.js';
import { createRandom, type Random } from '../random.js';
import { noSuchChange, noSuchHostedZone, Route53Error } from './errors.js';
import type { Change, ChangeInfo, RecordSet, Zone, ZoneVpc } from './model.js';
import { plainName, type DnsName } from './names.js';
import { planChanges } from './plan-changes.js';
import { showChange } from './shown.js';

export interface NewZone {
  readonly name: DnsName;
  readonly callerReference: string;
  readonly comment?: string | undefined;
  /** Makes it a private one. */
  readonly vpc?: ZoneVpc | undefined;
}

/** Who asked for something: a request, and whether through the control plane. */
export interface Origin {
  readonly requestId: string;
  /** A foreign hand did it; Route 53 was not asked. */
  readonly foreign?: boolean;
  readonly comment?: string | undefined;
}

/** All that the account has in Route 53. */
export interface DnsAccount {
  readonly region: string;
  zones(): readonly Zone[];
  zone(id: string): Zone;
  addZone(zone: NewZone): Zone;
  /** Carries out all of these or none; notes the effect. Throws `InvalidChangeBatch`. */
  change(zone: Zone, changes: readonly Change[], origin: Origin): ChangeInfo;
  /** A change that was made at once, with no record sets to speak of. */
  noteChange(comment?: string): ChangeInfo;
  findChange(id: string): ChangeInfo;
  statusOf(change: ChangeInfo): 'PENDING' | 'INSYNC';
  /** Whether this VPC is there to be attached to. */
  hasVpc(id: string): boolean;
  clear(): void;
}

export interface DnsAccountOptions {
  readonly region: string;
  readonly seed: number;
  readonly insyncMs: number;
  readonly now: () => number;
  readonly records: Records;
  readonly hasVpc: (id: string) => boolean;
}

const MOST_ZONES = 500;
const SERVERS = [
  ['com', 0],
  ['net', 512],
  ['org', 1024],
  ['co.uk', 1536],
] as const;
const NS_TTL = 172_800;
const SOA_TTL = 900;

export function createDnsAccount(options: DnsAccountOptions): DnsAccount {
  const { now, records } = options;
  const zones = new Map<string, Zone>();
  const changes = new Map<string, ChangeInfo>();
  let random = createRandom(options.seed);

  function noteChange(comment?: string): ChangeInfo {
    const submittedAt = now();
    const change = { id: `C${code(Math.random)}`, submittedAt, syncedAt: submittedAt + options.insyncMs, comment };
    changes.set(change.id, change);
    return change;
  }

  return {
    region: options.region,
    zones: () => [...zones.values()],
    zone(id) {
      const zone = zones.get(id);
      if (zone === undefined) throw noSuchHostedZone(id);
      return zone;
    },
    addZone({ name, callerReference, comment, vpc }) {
      if (zones.size >= MOST_ZONES) {
        throw new Route53Error(
          'TooManyHostedZones',
          'Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more.',
        );
      }
      const nameServers = SERVERS.map(([end, first]) => {
        const number = vpc === undefined ? Math.floor(random() * 64) : 0;
        return `ns-${first + number * 8}.awsdns-${String(number).padStart(2, '0')}.${end}`;
      });
      const sets = new Map<string, readonly RecordSet[]>([[name.spelled, atApex(name, nameServers)]]);
      const zone = { id: `Z${code(random)}`, name, callerReference, comment, vpc, nameServers, sets };
      zones.set(zone.id, zone);
      return zone;
    },
    change(zone, asked, { requestId, foreign, comment }) {
      for (const [name, sets] of planChanges(zone, asked)) {
        if (sets.length === 0) zone.sets.delete(name);
        else zone.sets.set(name, sets);
      }
      const change = noteChange(comment);
      records.addEffect('route53', 'ChangeResourceRecordSets', requestId, {
        zone_id: zone.id,
        zone: plainName(zone.name.spelled),
        change_id: change.id,
        changes: asked.map(showChange),
        ...(foreign === true && { foreign }),
      });
      return change;
    },
    noteChange,
    findChange(id) {
      const change = changes.get(id);
      if (change === undefined) throw noSuchChange(id);
      return change;
    },
    statusOf: (change) => (now() < change.syncedAt ? 'PENDING' : 'INSYNC'),
    hasVpc: options.hasVpc,
    clear() {
      zones.clear();
      changes.clear();
      random = createRandom(options.seed);
    },
  };
}

/** "Records that Route 53 creates for a hosted zone": four name servers and the start of authority. */
function atApex(name: DnsName, nameServers: readonly string[]): readonly RecordSet[] {
  const soa = `${nameServers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`;
  return [
    { name, type: 'NS', ttl: NS_TTL, values: nameServers.map((server) => `${server}.`) },
    { name, type: 'SOA', ttl: SOA_TTL, values: [soa] },
  ];
}

/** What follows the letter in an id of Route 53. */
function code(random: Random): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  return Array.from({ length: 20 }, () => digits.charAt(Math.floor(random() * digits.length))).join('');
}
