import type { RecordChange } from './record.js';
import { namesOf, planChange, type Intent } from './plan-change.js';
import { unescapeName } from './zone-names.js';

/**
 * A wish that waits for its zone. What belongs to one record goes together, a rename's two names too. `applied` is what is
 * remembered of the record now, not when the wish was made.
 *
 * Two records never share a name: whoever keeps them gives a name to another record only when none has it for its host
 * name, has left its `applied` there (a rename that failed) or has a wish under way to it.
 */
export interface WaitingSet extends Intent {
  /** The wish's own; its outcome goes by it. */
  readonly id: string;
  /** The managed record that it is about: the same for a later wish of the same record, across renames. */
  readonly record: string;
}

/** A wish with the exact changes that are to be sent for it. JSON: it is stored before it is sent. */
export interface PlannedSet extends WaitingSet {
  readonly changes: readonly RecordChange[];
  /** How often Route 53 has refused it alone. */
  readonly refusals: number;
  /** What is wished stood there already when this was planned, by somebody else's hand, and stays somebody else's. */
  readonly is_theirs?: boolean;
}

/**
 * Of one ChangeResourceRecordSets; an UPSERT counts twice in both
 * (docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests-changeresourcerecordsets).
 */
export interface BatchLimits {
  readonly values: number;
  /** Of all values together. */
  readonly characters: number;
}

export const ROUTE53_LIMITS: BatchLimits = { values: 1000, characters: 32_000 };

/** How many sets at once may wait for a look at the zone: each may cost a request of the account's few. */
const MAX_UNSURE = 20;

/** How many suspects are tried alone; more are tried together and divided again. */
const MAX_ALONE = 8;

export interface NextSets {
  /** Believed to fit what stands; under the limits. */
  readonly ready: readonly PlannedSet[];
  /** The zone must be looked at first: forced ones, those of others' records, and those that seem to change nothing. */
  readonly unsure: readonly PlannedSet[];
  /** Ids of wishes that a later one of the same record has overtaken. They are never sent. */
  readonly superseded: readonly string[];
}

/**
 * Which waiting sets, given in the order of their arrival, are sent next. No two of them touch the same name; a set that
 * has to wait holds up later ones that touch its names, and nothing else.
 */
export function planBatch(waiting: readonly WaitingSet[], limits: BatchLimits = ROUTE53_LIMITS): NextSets {
  const latest = new Map(waiting.map((set) => [set.record, set.id]));
  const superseded = waiting.filter(({ record, id }) => latest.get(record) !== id).map(({ id }) => id);
  const ready: PlannedSet[] = [];
  const unsure: PlannedSet[] = [];
  const taken = new Set<string>();
  let room = limits;

  for (const set of waiting) {
    if (latest.get(set.record) !== set.id) continue;
    const names = namesOf(set);
    const isFree = names.every((name) => !taken.has(name));
    for (const name of names) taken.add(name);
    if (!isFree) continue;

    const mustLook = set.force || set.applied?.is_special === true;
    const changes = mustLook ? 'nothing' : planChange(set);
    if (changes === 'nothing') {
      if (unsure.length < MAX_UNSURE) unsure.push({ ...set, changes: [], refusals: 0 });
      continue;
    }
    const left = subtract(room, weigh(changes));
    if (!isWithin(left) && ready.length > 0) continue;
    room = left;
    ready.push({ ...set, changes, refusals: 0 });
  }
  return { ready, unsure, superseded };
}

/** Sets that touch no name twice, in as few batches as the limits allow, in their order. */
export function packBatches(sets: readonly PlannedSet[], limits: BatchLimits = ROUTE53_LIMITS): PlannedSet[][] {
  const batches: PlannedSet[][] = [];
  let room = limits;
  for (const set of sets) {
    const weight = weigh(set.changes);
    const last = batches.at(-1);
    if (last !== undefined && isWithin(subtract(room, weight))) {
      last.push(set);
      room = subtract(room, weight);
    } else {
      batches.push([set]);
      room = subtract(limits, weight);
    }
  }
  return batches;
}

/**
 * What to try next with a batch of several sets that Route 53 refused as a whole. Those that its messages name are parted
 * from the others, few of them each for itself; where that does not divide, halves. Every part is smaller.
 */
export function splitBatch(sets: readonly PlannedSet[], messages: readonly string[]): PlannedSet[][] {
  const named = new Set(messages.flatMap(namesIn));
  const isSuspect = (set: PlannedSet): boolean => namesOf(set).some((name) => named.has(name));
  const suspects = sets.filter(isSuspect);
  const others = sets.filter((set) => !isSuspect(set));
  if (suspects.length > 0 && others.length > 0) {
    return [others, ...(suspects.length <= MAX_ALONE ? suspects.map((set) => [set]) : [suspects])];
  }
  const half = Math.ceil(sets.length / 2);
  return [sets.slice(0, half), sets.slice(half)].filter((part) => part.length > 0);
}

/**
 * Route 53 words it `Tried to create resource record set [name='www.example.com.', type='A'] but it already exists` or
 * `RRSet of type CNAME with DNS name www.example.com. is not permitted …`.
 */
function namesIn(message: string): string[] {
  return (message.match(/[^\s'",[\]()=]+/g) ?? []).map((word) => unescapeName(word).replace(/\.$/, ''));
}

function weigh(changes: readonly RecordChange[]): BatchLimits {
  let [values, characters] = [0, 0];
  for (const { action, set } of changes) {
    const times = action === 'UPSERT' ? 2 : 1;
    values += times * set.values.length;
    characters += times * set.values.reduce((sum, value) => sum + value.length, 0);
  }
  return { values, characters };
}

function subtract(from: BatchLimits, weight: BatchLimits): BatchLimits {
  return { values: from.values - weight.values, characters: from.characters - weight.characters };
}

function isWithin(left: BatchLimits): boolean {
  return left.values >= 0 && left.characters >= 0;
}
