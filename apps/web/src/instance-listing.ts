import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { CloudInstance, Instance } from '@quartermaster/instances';
import type { InstanceCache } from '@quartermaster/stores';
import { createVersionedCopy } from './versioned-copy.js';

export const INSTANCE_FILTERS = ['env', 'site', 'role', 'queue'] as const;
export type InstanceFilter = Partial<Record<(typeof INSTANCE_FILTERS)[number], string>>;

/** An answer made once and sent many times. */
export interface RenderedList {
  readonly etag: string;
  readonly plain: Buffer;
  /** Made when first asked for. */
  gzip(): Buffer;
}

export interface InstanceListing {
  /** The fleet as the cache holds it now: one small question to Redis, and the whole of it only after a change. */
  current(): Promise<Snapshot>;
}

export interface Snapshot {
  readonly refreshedAt: number;
  readonly byId: ReadonlyMap<string, CloudInstance>;
  render(filter: InstanceFilter): RenderedList;
}

/** Rendered lists kept for a version of the cache, so that unusual filters can't fill the memory. */
const KEPT_LISTS = 50;

export function createInstanceListing(cache: InstanceCache): InstanceListing {
  const upToDate = createVersionedCopy(
    () => cache.meta(),
    async () => {
      const { meta, instances } = await cache.loadAll();
      const byId = new Map([...instances].map(([id, { instance }]) => [id, instance]));
      return { version: meta.version, byId, rendered: new Map<string, RenderedList>() };
    },
  );

  return {
    current: oncePerTurn(async () => {
      const { meta, copy } = await upToDate();
      const { byId, rendered } = copy;
      return {
        refreshedAt: meta.refreshed_at,
        byId,
        render: (filter) => {
          const key = keyOf(filter);
          const known = rendered.get(key);
          if (known !== undefined) return known;
          const list = renderList([...byId.values()].filter((instance) => matches(instance, filter)));
          if (rendered.size >= KEPT_LISTS) rendered.clear();
          rendered.set(key, list);
          return list;
        },
      };
    }),
  };
}

function keyOf(filter: InstanceFilter): string {
  for (const name in filter) {
    if (filter[name as keyof InstanceFilter] !== undefined) {
      return JSON.stringify(INSTANCE_FILTERS.map((known) => filter[known] ?? null));
    }
  }
  return '';
}

/**
 * Asks once for everybody who wants to know in the same turn of the event loop, at its end. So each one's question is sent
 * after his request has arrived, and he sees whatever was written before he asked: never an answer to an older question.
 */
function oncePerTurn<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () =>
    (asked ??= new Promise<T>((resolve, reject) => {
      setImmediate(() => {
        asked = undefined;
        ask().then(resolve, reject);
      });
    }));
}

function matches(instance: CloudInstance, filter: InstanceFilter): boolean {
  return INSTANCE_FILTERS.every((name) => filter[name] === undefined || instance[name] === filter[name]);
}

function renderList(instances: readonly CloudInstance[]): RenderedList {
  const sorted = [...instances].sort((a, b) =>
    a.launch_time < b.launch_time ? 1 : a.launch_time > b.launch_time ? -1 : a.id < b.id ? -1 : 1,
  );
  const plain = Buffer.from(JSON.stringify({ instances: sorted.map(showInstance) }));
  let zipped: Buffer | undefined;
  return {
    plain,
    etag: `W/"${createHash('sha1').update(plain).digest('base64url')}"`,
    gzip: () => (zipped ??= gzipSync(plain)),
  };
}

/** An instance as the API answers it: its own fields in their order; what only the house needs is left out. */
export function showInstance(cached: CloudInstance): Instance {
  const { id, name, instance_type, image_id, ip, private_ip, launch_time, state, queue, env, site, role, managed } =
    cached;
  return { id, name, instance_type, image_id, ip, private_ip, launch_time, state, queue, env, site, role, managed };
}
