import type { Etcd3 } from 'etcd3';
import type { Listing, StoredKey } from '../service-state.js';

type RangeResponse = Awaited<ReturnType<Etcd3['kv']['range']>>;

/** A listing, and the etcd that it comes from. */
export interface EtcdListing extends Listing {
  /** One etcd keeps it for life; one that was restored from a backup may have the same. */
  readonly cluster: string;
}

/** Keys from `start` up to (not with) `end`, all at one revision; without `end` that key alone. */
export function listRange(client: Etcd3, start: string, end: string | undefined): Promise<EtcdListing> {
  return range(client, start, end, '0');
}

/** The keys as they were at a revision that etcd has reached; `undefined` where that is compacted. */
export async function listRangeAt(
  client: Etcd3,
  start: string,
  end: string,
  revision: number,
): Promise<Listing | undefined> {
  try {
    return { ...(await range(client, start, end, String(revision))), revision };
  } catch (error) {
    // etcd's ErrCompacted; the client has no class for it.
    if (error instanceof Error && /revision has been compacted/i.test(error.message)) return undefined;
    throw error;
  }
}

async function range(client: Etcd3, start: string, end: string | undefined, revision: string): Promise<EtcdListing> {
  const { header, kvs } = await client.kv.range({
    key: Buffer.from(start),
    ...(end === undefined ? {} : { range_end: Buffer.from(end) }),
    revision,
  });
  return { revision: Number(header.revision), cluster: header.cluster_id, keys: kvs.map(toStored) };
}

export function toStored({ key, value, mod_revision, lease }: RangeResponse['kvs'][number]): StoredKey {
  return { key: key.toString(), value: value.toString(), revision: Number(mod_revision), lease };
}

export interface PutRequest {
  readonly key: string;
  readonly value: string;
  readonly lease: string;
  /** A key that was put after this revision is left alone, with 0 any that is there; the result says whose it is. */
  readonly knownUpTo: number;
  /** The tombstone of an earlier leave, taken away in the same transaction. */
  readonly tombstone?: string;
}

/**
 * Puts a key under a lease. Returns the lease that the key hangs on then, and the revision of that. Safe to repeat. Rejects
 * with `isLeaseGone` where the lease has run out.
 */
export async function putKey(client: Etcd3, put: PutRequest): Promise<{ lease: string; revision: number }> {
  const key = Buffer.from(put.key);
  const { succeeded, responses, header } = await client.kv.txn({
    // A key that is not there has the revision 0.
    compare: [{ target: 'Mod', result: 'Less', key, mod_revision: String(put.knownUpTo + 1) }],
    success: [
      { request_put: { key, value: Buffer.from(put.value), lease: put.lease } },
      ...(put.tombstone === undefined ? [] : [{ request_delete_range: { key: Buffer.from(put.tombstone) } }]),
    ],
    failure: [{ request_range: { key } }],
  });
  const held = succeeded ? undefined : responses[0]?.response_range?.kvs[0];
  if (held === undefined) return { lease: put.lease, revision: Number(header.revision) };
  return { lease: held.lease, revision: Number(held.mod_revision) };
}

/** Deletes a key and puts its tombstone, in one transaction, if the key still hangs on this lease. Safe to repeat. */
export async function leaveKey(
  client: Etcd3,
  what: { key: string; value: string; lease: string; tombstone: string },
): Promise<void> {
  const key = Buffer.from(what.key);
  const tombstone = { key: Buffer.from(what.tombstone), value: Buffer.from(what.value), lease: what.lease };
  await client.kv.txn({
    compare: [{ target: 'Lease', result: 'Equal', key, lease: what.lease }],
    success: [{ request_put: tombstone }, { request_delete_range: { key } }],
    failure: [],
  });
}
