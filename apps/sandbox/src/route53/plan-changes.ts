import { InvalidChangeBatch } from './errors.js';
import { countSets, type Change, type RecordSet, type RecordSetBody, type Zone } from './model.js';
import { BadName, isWithin, parseName } from './names.js';
import { problemOfValue } from './values.js';

/** "A request cannot contain more than 1,000 ResourceRecord elements", nor values of more than 32,000 characters. */
const MOST_RECORDS = 1000;
const MOST_CHARACTERS = 32_000;
/** Quotas: values in a record set, record sets in a hosted zone. */
const MOST_VALUES = 400;
const MOST_SETS = 10_000;

/** What the names in a zone hold after a batch: only those that it touches. An empty list leaves nothing there. */
export type Draft = ReadonlyMap<string, readonly RecordSet[]>;

/**
 * What a batch would make of a zone. Changes are taken one after the other, each on what those before it left; one that
 * is refused changes nothing, and the next is looked at all the same, so that the answer has every problem. Throws
 * `InvalidChangeBatch`; the zone stays as it was.
 *
 * Of one record set a batch may have one DELETE, and after it one CREATE or UPSERT; more is "an invalid set of changes".
 */
export function planChanges(zone: Zone, changes: readonly Change[]): Draft {
  assertSize(changes);
  const messages: string[] = [];
  const draft = new Map<string, readonly RecordSet[]>();
  const setsAt = (name: string): readonly RecordSet[] => draft.get(name) ?? zone.sets.get(name) ?? [];

  const read = changes.map((change) => ({ change, set: readSet(change, zone, messages) }));
  const disordered = findDisordered(read);
  for (const set of disordered.values()) {
    messages.push(
      `The request contains an invalid set of changes for a resource record set '${set.type} ${set.name.spelled}'`,
    );
  }
  for (const { change, set } of read) {
    if (set === undefined || disordered.has(keyOf(set))) continue;
    const there = setsAt(set.name.spelled);
    const message = problemOfChange(change, set, there, zone);
    if (message === undefined) draft.set(set.name.spelled, applied(change, set, there));
    else messages.push(message);
  }
  const apex = setsAt(zone.name.spelled);
  if (apex.filter(({ type }) => type === 'SOA').length !== 1) {
    messages.push('A HostedZone must contain exactly one SOA record.');
  }
  if (!apex.some(({ type }) => type === 'NS')) {
    messages.push('A HostedZone must contain at least one NS record for the zone itself.');
  }
  if (messages.length > 0) throw new InvalidChangeBatch(messages);
  assertRoom(zone, draft);
  return draft;
}

/** UPSERT counts twice, for it may both take away and add. */
function assertSize(changes: readonly Change[]): void {
  let records = 0;
  let characters = 0;
  for (const { action, set } of changes) {
    const weight = action === 'UPSERT' ? 2 : 1;
    records += weight * set.values.length;
    characters += weight * set.values.reduce((sum, value) => sum + value.length, 0);
  }
  if (records > MOST_RECORDS) throw new InvalidChangeBatch([`Number of records limit of ${MOST_RECORDS} exceeded.`]);
  if (characters > MOST_CHARACTERS) {
    throw new InvalidChangeBatch([`RDATA character limit of ${MOST_CHARACTERS} exceeded.`]);
  }
}

function assertRoom(zone: Zone, draft: Draft): void {
  let count = countSets(zone);
  for (const [name, sets] of draft) count += sets.length - (zone.sets.get(name)?.length ?? 0);
  if (count > MOST_SETS) throw new InvalidChangeBatch([`Exceeded limit MAX_RRSETS_BY_ZONE for zone: ${zone.id}`]);
}

/** The set with its name read; nothing, and messages, where it cannot stand in the zone whatever is there. */
function readSet({ set }: Change, zone: Zone, messages: string[]): RecordSet | undefined {
  const before = messages.length;
  let name;
  try {
    name = parseName(set.name);
  } catch (error) {
    if (!(error instanceof BadName)) throw error;
    messages.push(error.message);
    return undefined;
  }
  const { type, values } = set;
  if (!isWithin(name, zone.name) || (type === 'SOA' && name.spelled !== zone.name.spelled)) {
    messages.push(`RRSet with DNS name ${name.spelled} is not permitted in zone ${zone.name.spelled}`);
  }
  if (type === 'CNAME' && name.spelled === zone.name.spelled) {
    messages.push(
      `RRSet of type CNAME with DNS name ${name.spelled} is not permitted at apex in zone ${zone.name.spelled}`,
    );
  }
  if ((type === 'CNAME' || type === 'SOA') && values.length > 1) {
    messages.push(`RRSet of type ${type} with DNS name ${name.spelled} must contain exactly one resource record`);
  }
  if (values.length > MOST_VALUES) messages.push(`Cannot have more than ${MOST_VALUES} records in a RRSet.`);
  messages.push(...values.flatMap((value) => problemOfValue(type, value) ?? []));
  const repeated = new Set(values.filter((value, index) => values.indexOf(value) < index));
  for (const value of repeated) messages.push(`Duplicate Resource Record: '${value}'`);
  return messages.length > before ? undefined : { ...set, name };
}

/** One of each record set that has more changes than one may have, or in another order. */
function findDisordered(read: readonly { change: Change; set: RecordSet | undefined }[]): Map<string, RecordSet> {
  const actions = new Map<string, string>();
  const disordered = new Map<string, RecordSet>();
  for (const { change, set } of read) {
    if (set === undefined) continue;
    const key = keyOf(set);
    const all = `${actions.get(key) ?? ''} ${change.action}`;
    actions.set(key, all);
    if (!/^( DELETE)?( CREATE| UPSERT)?$/.test(all)) disordered.set(key, set);
  }
  return disordered;
}

function problemOfChange(
  { action }: Change,
  set: RecordSet,
  there: readonly RecordSet[],
  zone: Zone,
): string | undefined {
  const current = there.find((other) => isSame(other, set));
  const identifier = set.setIdentifier === undefined ? '' : `, set-identifier='${set.setIdentifier}'`;
  const tried = `resource record set [name='${set.name.spelled}', type='${set.type}'${identifier}]`;
  if (action === 'DELETE') {
    if (current === undefined) return `Tried to delete ${tried} but it was not found`;
    if (holdsTheSame(current, set)) return undefined;
    return `Tried to delete ${tried} but the values provided do not match the current values`;
  }
  if (action === 'CREATE' && current !== undefined) return `Tried to create ${tried} but it already exists`;
  return problemOfNeighbours(set, there, zone);
}

/** A CNAME stands alone at its name, and sets with and without a weight never stand together. */
function problemOfNeighbours(set: RecordSet, there: readonly RecordSet[], zone: Zone): string | undefined {
  const rrset = `RRSet of type ${set.type} with DNS name ${set.name.spelled}`;
  const others = there.filter((other) => other.type !== set.type);
  if (set.type === 'CNAME' && others.length > 0) {
    return `${rrset} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name.spelled}`;
  }
  if (others.some(({ type }) => type === 'CNAME')) {
    return (
      `${rrset} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists ` +
      `in zone ${zone.name.spelled}`
    );
  }
  const isWeighted = set.setIdentifier !== undefined;
  if (there.some((other) => other.type === set.type && (other.setIdentifier !== undefined) !== isWeighted)) {
    const [own, found] = isWeighted ? ['weighted', 'non-weighted'] : ['non-weighted', 'weighted'];
    return (
      `RRSet with DNS name ${set.name.spelled}, type ${set.type}, SetIdentifier ${set.setIdentifier ?? 'null'} cannot be ` +
      `created as ${own}: a ${found} RRSet with the same name and type already exists in zone ${zone.name.spelled}`
    );
  }
  return undefined;
}

function applied({ action }: Change, set: RecordSet, there: readonly RecordSet[]): readonly RecordSet[] {
  const others = there.filter((other) => !isSame(other, set));
  return action === 'DELETE' ? others : [...others, set];
}

const keyOf = ({ name, type, setIdentifier }: RecordSet): string =>
  `${name.spelled} ${type} ${setIdentifier === undefined ? '' : `=${setIdentifier}`}`;

/** The same record set, whatever it holds. The names are the same already. */
function isSame(one: RecordSetBody, other: RecordSetBody): boolean {
  return one.type === other.type && one.setIdentifier === other.setIdentifier;
}

/** "You must specify all the same values": TTL, weight, alias, and the values in any order, letter for letter. */
function holdsTheSame(one: RecordSetBody, other: RecordSetBody): boolean {
  const target = ({ alias }: RecordSetBody): string =>
    alias === undefined
      ? ''
      : `${alias.hostedZoneId} ${alias.dnsName.toLowerCase().replace(/\.$/, '')} ${alias.evaluateTargetHealth}`;
  return (
    one.ttl === other.ttl &&
    one.weight === other.weight &&
    target(one) === target(other) &&
    one.values.length === other.values.length &&
    one.values.every((value) => other.values.includes(value))
  );
}
