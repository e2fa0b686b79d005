import type { RecordChange, RecordSet, RecordSetPage } from '../record.js';
import { compareNames } from '../zone-names.js';

/** Whose a set is: a managed record's, or somebody else's (`foreign`). */
export interface OwnedSet {
  readonly set: RecordSet;
  readonly owner: string;
}

export type Applied = { readonly change_id: string } | { readonly messages: readonly string[] };

/**
 * A zone in memory, for tests, as strict as Route 53: a batch is carried out in order and as a whole or not at all; DELETE
 * must match name, type, TTL and values as they are spelled; CREATE finds nothing there; a CNAME stands alone; at most
 * `maxValues` values, an UPSERT's twice. It also knows whose each set is, which Route 53 does not.
 */
export class MemoryZone {
  private sets = new Map<string, OwnedSet>();
  private changeCount = 0;
  /** What each change put there. */
  readonly changes = new Map<string, readonly RecordSet[]>();

  constructor(private readonly maxValues = 1000) {}

  all(): OwnedSet[] {
    return [...this.sets.values()];
  }

  at(name: string): OwnedSet[] {
    return this.all().filter(({ set }) => set.name === name);
  }

  /** Makes it somebody's own, whoever put it there. */
  adopt(set: RecordSet, owner: string): void {
    this.sets.set(placeOf(set), { set, owner });
  }

  /** `ownerOf` tells whose the set of a change becomes. */
  apply(changes: readonly RecordChange[], ownerOf: (change: RecordChange) => string): Applied {
    const copy = new Map(this.sets);
    const messages = changes.flatMap((change) => applyOne(copy, change, ownerOf(change)));
    const values = changes.reduce((sum, { action, set }) => sum + set.values.length * (action === 'UPSERT' ? 2 : 1), 0);
    if (values > this.maxValues) messages.push('Number of records limit of 1000 exceeded.');
    if (messages.length > 0) return { messages };
    this.sets = copy;
    const change_id = `C${(this.changeCount += 1)}`;
    this.changes.set(
      change_id,
      changes.flatMap(({ action, set }) => (action === 'DELETE' ? [] : [set])),
    );
    return { change_id };
  }

  /** As a page of Route 53's list, which never cuts a name. */
  page(from: string, size: number): RecordSetPage {
    const rest = this.all()
      .map(({ set }) => set)
      .filter(({ name }) => compareNames(from, name) <= 0)
      .sort((a, b) => compareNames(a.name, b.name));
    const names = [...new Set(rest.map(({ name }) => name))];
    const next = names[size];
    const shown = new Set(names.slice(0, size));
    return {
      sets: rest.filter(({ name }) => shown.has(name)),
      ...(next === undefined ? {} : { next_name: next }),
    };
  }
}

function placeOf({ name, type }: RecordSet): string {
  return `${name} ${type}`;
}

export function contentOf(set: RecordSet): string {
  return JSON.stringify([set.name, set.type, set.ttl, set.values, set.is_special]);
}

/** Changes `sets`, or tells in Route 53's words why not. */
function applyOne(sets: Map<string, OwnedSet>, { action, set }: RecordChange, owner: string): string[] {
  const place = placeOf(set);
  const standing = sets.get(place);
  const about = `resource record set [name='${set.name.replace('*', '\\052')}.', type='${set.type}']`;
  if (action === 'DELETE') {
    if (standing === undefined) return [`Tried to delete ${about} but it was not found`];
    if (contentOf(standing.set) !== contentOf(set)) {
      return [`Tried to delete ${about} but the values provided do not match the current values`];
    }
    sets.delete(place);
    return [];
  }
  if (action === 'CREATE' && standing !== undefined) return [`Tried to create ${about} but it already exists`];
  // Names no record, as Route 53 does with an address that is none.
  if (set.values.includes('999.0.0.1')) return ["Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address'"];
  const beside = [...sets.values()].filter((other) => other.set.name === set.name && other.set.type !== set.type);
  if (beside.length > 0 && (set.type === 'CNAME' || beside.some((other) => other.set.type === 'CNAME'))) {
    const words = `is not permitted as it conflicts with other records with the same DNS name`;
    return [`RRSet of type ${set.type} with DNS name ${set.name.replace('*', '\\052')}. ${words}`];
  }
  sets.set(place, { set, owner });
  return [];
}
