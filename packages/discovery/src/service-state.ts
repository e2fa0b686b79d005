import { EVENT_PREFIX, keyOfLeft, LEFT_PREFIX, parseRegistration, SERVICE_PREFIX } from './keys.js';
import { parseEvent, type KeyEvent, type Telling } from './message.js';
import { formatAddress, type ServiceNode } from './node.js';

/** A key as etcd has it. */
export interface StoredKey {
  readonly key: string;
  readonly value: string;
  /** Of its latest change. */
  readonly revision: number;
  /** The id of the lease that it hangs on, `0` for none. */
  readonly lease: string;
}

/** One change of a key, as etcd's watch tells it. */
export type KeyChange =
  ({ readonly kind: 'put' } & StoredKey) | { readonly kind: 'delete'; readonly key: string; readonly revision: number };

/** Everything in the watched range at one revision. */
export interface Listing {
  readonly revision: number;
  readonly keys: readonly StoredKey[];
}

/** A key that names a node. */
export interface RegisteredKey extends StoredKey {
  readonly service: string;
  readonly node: ServiceNode;
}

/** What is registered, at a revision. Changed in place by `applyChanges` and `compareStates`, by nobody else. */
export interface ServiceState {
  /** Every change up to it has been told. */
  revision: number;
  /** Only keys that name a node. */
  readonly keys: Map<string, RegisteredKey>;
  /** Service → its keys. */
  readonly services: Map<string, Set<string>>;
}

/** Called for a key that has not the form of a registration or an event, and is passed over. */
export type OnRefused = (key: string) => void;

/** The state that a listing shows; nothing is told of it. */
export function createState(listing: Listing, onRefused: OnRefused = () => {}): ServiceState {
  const state: ServiceState = { revision: listing.revision, keys: new Map(), services: new Map() };
  for (const stored of listing.keys) {
    if (stored.key.startsWith(SERVICE_PREFIX)) set(state, stored, onRefused);
  }
  return state;
}

/** The custom events of a listing that are younger than a revision, in order; etcd keeps them for a minute. */
export function eventsOf(listing: Listing, after = 0): Telling[] {
  return listing.keys
    .filter(({ key, revision }) => key.startsWith(EVENT_PREFIX) && revision > after)
    .sort((a, b) => a.revision - b.revision)
    .flatMap(({ value, revision }) => parseEvent(value, revision) ?? []);
}

/** The nodes of a service, each once, sorted by address. */
export function nodesOf(state: ServiceState, service: string): ServiceNode[] {
  const nodes = new Map<string, ServiceNode>();
  for (const key of state.services.get(service) ?? []) {
    const node = state.keys.get(key)?.node;
    if (node !== undefined) nodes.set(formatAddress(node), node);
  }
  return [...nodes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, node]) => node);
}

/**
 * Takes over changes in order of revision, all those of one revision together, and returns what is to be told. What is
 * not younger than the state was told before and is passed over, so nothing is told twice.
 */
export function applyChanges(
  state: ServiceState,
  changes: readonly KeyChange[],
  onRefused: OnRefused = () => {},
): Telling[] {
  const revisions = new Map<number, KeyChange[]>();
  for (const change of changes) {
    if (change.revision <= state.revision) continue;
    const together = revisions.get(change.revision);
    if (together === undefined) revisions.set(change.revision, [change]);
    else together.push(change);
  }
  return [...revisions]
    .sort(([a], [b]) => a - b)
    .flatMap(([revision, together]) => applyRevision(state, revision, together, onRefused));
}

function applyRevision(
  state: ServiceState,
  revision: number,
  changes: readonly KeyChange[],
  onRefused: OnRefused,
): Telling[] {
  const tombstones = new Set(
    changes.filter(({ kind, key }) => kind === 'put' && key.startsWith(LEFT_PREFIX)).map(({ key }) => keyOfLeft(key)),
  );
  const told = createTold();
  const events: Telling[] = [];
  for (const change of changes) {
    if (change.key.startsWith(SERVICE_PREFIX)) {
      const before = state.keys.get(change.key);
      const after = change.kind === 'put' ? set(state, change, onRefused) : remove(state, change.key);
      // A key that was overwritten names another node now, or none: that was somebody's doing.
      const how = change.kind === 'put' || tombstones.has(change.key) ? 'DELETE' : 'EXPIRE';
      if (before !== undefined) told.mayBeGone(before, how);
      if (after !== undefined) told.add(after.service, 'PUT');
    } else if (change.kind === 'put' && change.key.startsWith(EVENT_PREFIX)) {
      const event = parseEvent(change.value, revision);
      if (event === undefined) onRefused(change.key);
      else events.push(event);
    }
  }
  state.revision = revision;
  return [...events, ...told.describe(state, revision)];
}

/**
 * Makes the state what a listing shows, and returns what that tells: custom events younger than the state by their own
 * revisions, then a `PUT` or `DELETE` for each service that differs, at the listing's (how a node went is not known).
 * A key that was put anew in between counts as a difference, as its change would have been told too. `isExempt` names
 * keys that changed while the listing was on its way: they are left alone.
 */
export function compareStates(
  state: ServiceState,
  listing: Listing,
  options: { readonly isExempt?: (key: string) => boolean; readonly onRefused?: OnRefused } = {},
): Telling[] {
  const { isExempt = () => false, onRefused = () => {} } = options;
  const events = eventsOf(listing, state.revision);

  const told = createTold();
  const listed = new Set<string>();
  for (const stored of listing.keys) {
    if (!stored.key.startsWith(SERVICE_PREFIX)) continue;
    listed.add(stored.key);
    const before = state.keys.get(stored.key);
    if (isExempt(stored.key) || before?.revision === stored.revision) continue;
    const after = set(state, stored, onRefused);
    if (before !== undefined) told.mayBeGone(before, 'DELETE');
    if (after !== undefined) told.add(after.service, 'PUT');
  }
  for (const [key, before] of state.keys) {
    if (listed.has(key) || isExempt(key)) continue;
    remove(state, key);
    told.mayBeGone(before, 'DELETE');
  }
  const differences = told.describe(state, Math.max(state.revision, listing.revision));
  if (events.length > 0 || differences.length > 0) state.revision = Math.max(state.revision, listing.revision);
  return [...events, ...differences];
}

/** Whether the state is what a listing of its revision shows. */
export function isStateOf(state: ServiceState, listing: Listing): boolean {
  const listed = createState(listing);
  if (listed.keys.size !== state.keys.size) return false;
  return [...listed.keys].every(([key, { revision }]) => state.keys.get(key)?.revision === revision);
}

/** What to tell of a service to a reader who may know nothing, or something outdated. */
export function describeNow(state: ServiceState, service: string): Telling {
  const nodes = nodesOf(state, service);
  return describe(service, nodes.length === 0 ? 'DELETE' : 'PUT', nodes, state.revision);
}

function set(state: ServiceState, stored: StoredKey, onRefused: OnRefused): RegisteredKey | undefined {
  const { key, value, revision, lease } = stored;
  const registration = parseRegistration(key, value);
  if (registration === undefined) {
    onRefused(key);
    return remove(state, key);
  }
  const registered = { key, value, revision, lease, ...registration };
  state.keys.set(key, registered);
  const keys = state.services.get(registered.service);
  if (keys === undefined) state.services.set(registered.service, new Set([key]));
  else keys.add(key);
  return registered;
}

function remove(state: ServiceState, key: string): undefined {
  const service = state.keys.get(key)?.service;
  if (service === undefined) return;
  state.keys.delete(key);
  const keys = state.services.get(service);
  keys?.delete(key);
  if (keys?.size === 0) state.services.delete(service);
}

/** Whether some key still names this node: Hound Dog's shorter key and ours may name the same one. */
function isRegistered(state: ServiceState, { service, node }: RegisteredKey): boolean {
  const address = formatAddress(node);
  return [...(state.services.get(service) ?? [])].some((key) => {
    const other = state.keys.get(key)?.node;
    return other !== undefined && formatAddress(other) === address;
  });
}

/** Collects what happened to which service, so that each is told once, with all of its nodes. */
interface Told {
  add(service: string, event: KeyEvent): void;
  /** A key names this node no more; whether the node has gone is seen when all changes are in. */
  mayBeGone(before: RegisteredKey, how: KeyEvent): void;
  describe(state: ServiceState, revision: number): Telling[];
}

function createTold(): Told {
  const order: readonly KeyEvent[] = ['EXPIRE', 'DELETE', 'PUT'];
  const services = new Map<string, Set<KeyEvent>>();
  const former: { readonly before: RegisteredKey; readonly how: KeyEvent }[] = [];
  const add = (service: string, event: KeyEvent): void => {
    const events = services.get(service) ?? new Set();
    services.set(service, events.add(event));
  };
  return {
    add,
    mayBeGone: (before, how) => void former.push({ before, how }),
    describe: (state, revision) => {
      for (const { before, how } of former) if (!isRegistered(state, before)) add(before.service, how);
      return [...services].flatMap(([service, events]) => {
        const nodes = nodesOf(state, service);
        return order.filter((event) => events.has(event)).map((event) => describe(service, event, nodes, revision));
      });
    },
  };
}

function describe(service: string, event: KeyEvent, nodes: readonly ServiceNode[], revision: number): Telling {
  return {
    revision,
    messages: [{ namespace: service, body: { key_event: event, services: nodes }, id: revision }],
  };
}
