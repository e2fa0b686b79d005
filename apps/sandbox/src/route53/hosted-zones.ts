import type { Action } from './action.js';
import { readMaxItems, writeChangeInfo } from './action.js';
import type { DnsAccount } from './account.js';
import { invalidInput, Route53Error } from './errors.js';
import { countSets, type Zone, type ZoneVpc } from './model.js';
import { BadName, parseName, sortKey, type DnsName } from './names.js';
import { notPlayed, type Fields, readFlag, readRequest, readFields, readText } from './schema.js';
import { comparePlaces, placeOf } from './shown.js';
import { branch, leaf, writeResponse } from './xml.js';
import type { XmlElement } from './xml-reader.js';

const PAGE = 100;

/** API_ListHostedZones. In the order of their creation. */
export const listHostedZones: Action = {
  query: ['maxitems', 'marker', 'delegationsetid', 'hostedzonetype'],
  run({ account, query }) {
    for (const name of ['delegationsetid', 'hostedzonetype']) if (query.has(name)) throw notPlayed(name);
    const size = readMaxItems(query, PAGE);
    const marker = query.get('marker');
    const zones = account.zones();
    const start = marker === undefined ? 0 : zones.findIndex(({ id }) => id === marker);
    if (start < 0) throw invalidInput(`The marker ${marker} is not valid`);
    const next = zones[start + size];
    return {
      body: writeResponse(
        'ListHostedZonesResponse',
        branch('HostedZones', ...zones.slice(start, start + size).map(writeZone)),
        leaf('Marker', marker),
        leaf('IsTruncated', next !== undefined),
        leaf('NextMarker', next?.id),
        leaf('MaxItems', size),
      ),
    };
  },
};

/** API_ListHostedZonesByName. Sorted by name with the labels reversed, then by id. */
export const listHostedZonesByName: Action = {
  query: ['dnsname', 'hostedzoneid', 'maxitems'],
  run({ account, query }) {
    const size = readMaxItems(query, PAGE);
    const [name, id] = [query.get('dnsname'), query.get('hostedzoneid')];
    if (id !== undefined && name === undefined) throw invalidInput('HostedZoneId is given without DNSName');
    const from = placeOf(name === undefined ? '' : sortKey(readName(name)), id);
    const zones = account
      .zones()
      .map((zone) => ({ zone, place: placeOf(sortKey(zone.name), zone.id) }))
      .filter(({ place }) => comparePlaces(place, from) >= 0)
      .sort((one, other) => comparePlaces(one.place, other.place));
    const next = zones[size]?.zone;
    return {
      body: writeResponse(
        'ListHostedZonesByNameResponse',
        branch('HostedZones', ...zones.slice(0, size).map(({ zone }) => writeZone(zone))),
        leaf('DNSName', name),
        leaf('HostedZoneId', id),
        leaf('IsTruncated', next !== undefined),
        leaf('NextDNSName', next?.name.spelled),
        leaf('NextHostedZoneId', next?.id),
        leaf('MaxItems', size),
      ),
    };
  },
};

/** API_GetHostedZone: the name servers of a public zone, the VPC of a private one. */
export const getHostedZone: Action = {
  query: [],
  run({ account, id }) {
    const zone = account.zone(id);
    return {
      body: writeResponse(
        'GetHostedZoneResponse',
        writeZone(zone),
        zone.vpc === undefined ? writeServers(zone) : branch('VPCs', writeVpc(zone.vpc)),
      ),
    };
  },
};

/** API_CreateHostedZone. A caller reference is taken for ever, whatever the rest of the request. */
export const createHostedZone: Action = {
  query: [],
  run({ account, body, record }) {
    const given = readNewZone(body);
    const name = readName(given.name);
    if (account.zones().some(({ callerReference }) => callerReference === given.callerReference)) {
      throw new Route53Error(
        'HostedZoneAlreadyExists',
        'A hosted zone has already been created with the specified caller reference.',
        409,
      );
    }
    if (given.vpc !== undefined) assertVpc(account, name, given.vpc);
    const zone = account.addZone({ ...given, name });
    const change = account.noteChange();
    record({ zone_id: zone.id, zone: zone.name.spelled.slice(0, -1), private: zone.vpc !== undefined });
    return {
      status: 201,
      headers: { location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}` },
      body: writeResponse(
        'CreateHostedZoneResponse',
        writeZone(zone),
        writeChangeInfo(account, change),
        zone.vpc === undefined ? writeServers(zone) : writeVpc(zone.vpc),
      ),
    };
  },
};

interface GivenZone {
  readonly name: string;
  readonly callerReference: string;
  readonly comment: string | undefined;
  readonly vpc: ZoneVpc | undefined;
}

function readNewZone(body: string): GivenZone {
  const request = readFields(readRequest(body, 'CreateHostedZoneRequest'), [
    'Name',
    'VPC?',
    'CallerReference',
    'HostedZoneConfig?',
    'DelegationSetId?',
  ]);
  if (request.has('DelegationSetId')) throw notPlayed('DelegationSetId');
  const vpc = fieldsOf(request.get('VPC'), ['VPCRegion?', 'VPCId?']);
  const config = fieldsOf(request.get('HostedZoneConfig'), ['Comment?', 'PrivateZone?']);
  const flag = config.get('PrivateZone');
  const comment = config.get('Comment');
  // "If you specify VPC, the zone is private; PrivateZone itself is optional then", and the other way round is refused.
  if (flag !== undefined && readFlag(flag) && !request.has('VPC')) {
    throw invalidInput('A private hosted zone needs a VPC: specify values for VPCId and VPCRegion');
  }
  const reference = textOf(request.get('CallerReference'), 128, 'Nonce');
  if (reference === '') throw invalidInput('CallerReference must have a length of at least 1');
  return {
    name: textOf(request.get('Name'), 1024, 'DNSName'),
    callerReference: reference,
    comment: comment && readText(comment, 256, 'ResourceDescription'),
    vpc: request.has('VPC')
      ? { id: textOf(vpc.get('VPCId'), 1024, 'VPCId'), region: textOf(vpc.get('VPCRegion'), 64, 'VPCRegion') }
      : undefined,
  };
}

function fieldsOf(element: XmlElement | undefined, names: Fields): ReadonlyMap<string, XmlElement> {
  return element === undefined ? new Map<string, XmlElement>() : readFields(element, names);
}

function textOf(element: XmlElement | undefined, longest: number, type: string): string {
  return element === undefined ? '' : readText(element, longest, type);
}

function assertVpc(account: DnsAccount, name: DnsName, vpc: ZoneVpc): void {
  if (vpc.region !== account.region || !account.hasVpc(vpc.id)) {
    const message =
      "The VPC ID that you specified either isn't a valid ID or the current account is not authorized to access this VPC.";
    throw new Route53Error('InvalidVPCId', message);
  }
  const other = account.zones().find((zone) => zone.vpc?.id === vpc.id && zone.name.spelled === name.spelled);
  if (other === undefined) return;
  throw new Route53Error(
    'ConflictingDomainExists',
    `The VPC ${vpc.id} in region ${vpc.region} has already been associated with the hosted zone ${other.id} with the ` +
      'same domain name.',
  );
}

function readName(text: string): DnsName {
  try {
    return parseName(text);
  } catch (error) {
    if (error instanceof BadName) throw new Route53Error('InvalidDomainName', error.message);
    throw error;
  }
}

function writeZone(zone: Zone): string {
  return branch(
    'HostedZone',
    leaf('Id', `/hostedzone/${zone.id}`),
    leaf('Name', zone.name.spelled),
    leaf('CallerReference', zone.callerReference),
    branch('Config', leaf('Comment', zone.comment), leaf('PrivateZone', zone.vpc !== undefined)),
    leaf('ResourceRecordSetCount', countSets(zone)),
  );
}

function writeServers(zone: Zone): string {
  return branch('DelegationSet', branch('NameServers', ...zone.nameServers.map((name) => leaf('NameServer', name))));
}

function writeVpc(vpc: ZoneVpc): string {
  return branch('VPC', leaf('VPCRegion', vpc.region), leaf('VPCId', vpc.id));
}
