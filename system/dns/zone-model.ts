import type { DnsChange, StandingSet } from '../harness/records';

/** A plain record set of one value; no two of a run have the same value. */
export interface ModelSet {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/** A managed record as the house should know it. */
interface ModelRecord {
  /** What stands by our hand, as far as we know. */
  readonly applied: ModelSet | undefined;
  readonly isFailed: boolean;
}

/** What a client asks for: a record under `name` made or changed, renamed (`wished` has another name), or deleted. */
export interface Wish {
  readonly name: string;
  readonly wished: ModelSet | undefined;
  readonly mustExist: boolean;
}

/** An edit by somebody else: refused as a whole where Route 53 would. */
export interface Edit {
  readonly gone?: ModelSet;
  readonly comes?: ModelSet;
}

/**
 * What must stand in a zone and be known of its records, written from the contract and not from the code: a change of ours
 * is carried out if nothing of others is in its way, and else not at all; nothing of others is ever touched. A value, not a
 * thing: each step gives a new one, so that two orders of the same steps can be compared.
 */
export class ZoneModel {
  constructor(
    readonly standing: readonly (ModelSet & { readonly isOurs: boolean })[] = [],
    readonly records: ReadonlyMap<string, ModelRecord> = new Map(),
  ) {}

  /** The answer's status, and what is afterwards. */
  ask({ name, wished, mustExist }: Wish): { status: 'done' | 404 | 409; after: ZoneModel } {
    const record = this.records.get(name);
    if (record === undefined && (mustExist || wished === undefined)) return { status: 404, after: this };
    const target = wished?.name ?? name;
    const other = target === name ? undefined : this.records.get(target);
    if (other?.applied !== undefined) return { status: 409, after: this };

    const applied = record?.applied;
    const isInTheWay = this.standing.some(
      (set) =>
        !set.isOurs &&
        ((wished !== undefined && exclude(set, wished)) || (applied !== undefined && isPlace(set, applied))),
    );
    const records = new Map(this.records);
    if (isInTheWay) {
      const isKept = applied !== undefined && this.standing.some((set) => isPlace(set, applied));
      if (target !== name && !isKept) records.delete(name);
      const isParted = target !== name && isKept;
      records.set(target, { applied: isKept && !isParted ? applied : undefined, isFailed: true });
      return { status: 409, after: new ZoneModel(this.standing, records) };
    }
    const standing = this.standing.filter((set) => applied === undefined || set.value !== applied.value);
    records.delete(name);
    if (wished === undefined) return { status: 'done', after: new ZoneModel(standing, records) };
    records.set(target, { applied: wished, isFailed: false });
    return { status: 'done', after: new ZoneModel([...standing, { ...wished, isOurs: true }], records) };
  }

  edit({ gone, comes }: Edit): { isAccepted: boolean; after: ZoneModel } {
    const left = this.standing.filter((set) => set.value !== gone?.value);
    if (gone !== undefined && left.length === this.standing.length) return { isAccepted: false, after: this };
    if (comes === undefined) return { isAccepted: true, after: new ZoneModel(left, this.records) };
    if (left.some((set) => exclude(set, comes))) return { isAccepted: false, after: this };
    return { isAccepted: true, after: new ZoneModel([...left, { ...comes, isOurs: false }], this.records) };
  }

  /** What stands, to be compared with `describeStanding`. */
  describe(): string[] {
    return this.standing.map(({ name, type, value }) => `${name} ${type} ${value}`).sort();
  }
}

export function describeStanding(sets: readonly StandingSet[]): string[] {
  return sets.map(({ name, type, values }) => `${name} ${type} ${values.join(' ')}`).sort();
}

export function toChanges({ gone, comes }: Edit, ttlOf: (set: ModelSet) => number): DnsChange[] {
  const change = (action: DnsChange['action'], set: ModelSet): DnsChange => {
    const { name, type, value } = set;
    return { action, name, type, ttl: ttlOf(set), values: [value] };
  };
  return [...(gone ? [change('DELETE', gone)] : []), ...(comes ? [change('CREATE', comes)] : [])];
}

function isPlace(one: ModelSet, other: ModelSet): boolean {
  return one.name === other.name && one.type === other.type;
}

function exclude(one: ModelSet, other: ModelSet): boolean {
  return one.name === other.name && (one.type === other.type || one.type === 'CNAME' || other.type === 'CNAME');
}
