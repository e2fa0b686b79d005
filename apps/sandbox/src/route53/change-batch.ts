import { invalidInput } from './errors.js';
import { ACTIONS, RECORD_TYPES, type AliasTarget, type Change, type RecordSetBody } from './model.js';
import { notPlayed, readChoice, readFlag, readList, readRequest, readFields, readText, readWhole } from './schema.js';
import type { XmlElement } from './xml-reader.js';

export const LARGEST_TTL = 2_147_483_647;
export const LONGEST_NAME = 1024;
export const LONGEST_VALUE = 4000;
const LONGEST_IDENTIFIER = 128;
const LARGEST_WEIGHT = 255;

/** What Route 53 has besides and the sandbox does not play. */
const NOT_PLAYED = [
  'Region',
  'GeoLocation',
  'Failover',
  'MultiValueAnswer',
  'HealthCheckId',
  'TrafficPolicyInstanceId',
  'CidrRoutingConfig',
  'GeoProximityLocation',
] as const;

const RECORD_SET = [
  'Name',
  'Type',
  'SetIdentifier?',
  'Weight?',
  'Region?',
  'GeoLocation?',
  'Failover?',
  'MultiValueAnswer?',
  'TTL?',
  'ResourceRecords?',
  'AliasTarget?',
  'HealthCheckId?',
  'TrafficPolicyInstanceId?',
  'CidrRoutingConfig?',
  'GeoProximityLocation?',
];

export interface ChangeBatch {
  readonly comment: string | undefined;
  readonly changes: readonly Change[];
}

/** Reads the body of ChangeResourceRecordSets. Throws what the schema and the shape of single changes refuse. */
export function readChangeBatch(body: string): ChangeBatch {
  const request = readFields(readRequest(body, 'ChangeResourceRecordSetsRequest'), ['ChangeBatch']);
  const batch = readFields(need(request, 'ChangeBatch'), ['Comment?', 'Changes']);
  const comment = batch.get('Comment');
  return {
    comment: comment && readText(comment, 256, 'ResourceDescription'),
    changes: readList(need(batch, 'Changes'), 'Change').map(readChange),
  };
}

function readChange(element: XmlElement): Change {
  const fields = readFields(element, ['Action', 'ResourceRecordSet']);
  const action = readChoice(need(fields, 'Action'), ACTIONS);
  const set = readFields(need(fields, 'ResourceRecordSet'), RECORD_SET);
  const strange = NOT_PLAYED.find((name) => set.has(name));
  if (strange !== undefined) throw notPlayed(strange);
  const change: Change = {
    action,
    set: { name: readText(need(set, 'Name'), LONGEST_NAME, 'DNSName'), ...readBody(set) },
  };
  assertShape(change, set.has('ResourceRecords'));
  return change;
}

function readBody(set: ReadonlyMap<string, XmlElement>): RecordSetBody {
  const identifier = set.get('SetIdentifier');
  const weight = set.get('Weight');
  const ttl = set.get('TTL');
  const records = set.get('ResourceRecords');
  const alias = set.get('AliasTarget');
  return {
    type: readChoice(need(set, 'Type'), RECORD_TYPES),
    values: records === undefined ? [] : readList(records, 'ResourceRecord').map(readRecord),
    ...(identifier && { setIdentifier: readText(identifier, LONGEST_IDENTIFIER, 'ResourceRecordSetIdentifier') }),
    ...(weight && { weight: readWhole(weight, 0, LARGEST_WEIGHT, 'ResourceRecordSetWeight') }),
    ...(ttl && { ttl: readWhole(ttl, 0, LARGEST_TTL, 'TTL') }),
    ...(alias && { alias: readAlias(alias) }),
  };
}

function readRecord(element: XmlElement): string {
  return readText(need(readFields(element, ['Value']), 'Value'), LONGEST_VALUE, 'RData');
}

function readAlias(element: XmlElement): AliasTarget {
  const fields = readFields(element, ['HostedZoneId', 'DNSName', 'EvaluateTargetHealth']);
  return {
    hostedZoneId: readText(need(fields, 'HostedZoneId'), 32, 'ResourceId'),
    dnsName: readText(need(fields, 'DNSName'), LONGEST_NAME, 'DNSName'),
    evaluateTargetHealth: readFlag(need(fields, 'EvaluateTargetHealth')),
  };
}

/** What the schema cannot say: a set is an alias or has a TTL and values; an identifier and a weight go together. */
export function assertShape(change: Change, hasValues = change.set.values.length > 0): void {
  const { name, type, setIdentifier, weight, ttl, alias } = change.set;
  const where = `Change with [Action=${change.action}, Name=${name}, Type=${type}, SetIdentifier=${setIdentifier ?? null}]`;
  const isPlain = ttl !== undefined && hasValues;
  if (alias === undefined ? !isPlain : ttl !== undefined || hasValues) {
    throw invalidInput(
      'Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or ' +
        `TrafficPolicyInstanceId], but found ${alias === undefined ? 'none' : 'more than one'} in ${where}`,
    );
  }
  if (weight !== undefined && setIdentifier === undefined) {
    throw invalidInput(`Invalid request: Missing field 'SetIdentifier' in ${where}`);
  }
  if (weight === undefined && setIdentifier !== undefined) {
    throw invalidInput(
      'Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, ' +
        `GeoProximityLocation, or CidrRoutingConfig], but found none in ${where}`,
    );
  }
}

/** A field that `readFields` has found to be there. */
function need(fields: ReadonlyMap<string, XmlElement>, name: string): XmlElement {
  const element = fields.get(name);
  if (element === undefined) throw new Error(`${name} is not in the sequence`);
  return element;
}
