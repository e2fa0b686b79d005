import type { ConfigurationOptions, V1DeleteOptions, V1ObjectMeta } from '@kubernetes/client-node';
import type { EffectGuard } from '@quartermaster/foundation';
import { toSelector, type Labels } from './manifests/index.js';
import type { Attempt, Call } from './attempt.js';
import { readStatus, statusOf } from './errors.js';

export interface KubeObject {
  metadata?: V1ObjectMeta;
}

/** All objects of one kind in the namespace. Every effect may be repeated. */
export interface KindStore<T extends KubeObject> {
  /** `Service` */
  readonly kind: string;
  find(name: string, guard: EffectGuard): Promise<T | undefined>;
  list(labels: Labels, guard: EffectGuard): Promise<T[]>;
  /** `false`: there is one of this name. */
  create(object: T, guard: EffectGuard): Promise<boolean>;
  /** JSON merge patch. `conflict`: it is not of the patch's `resourceVersion` or `uid` any more. */
  patch(name: string, patch: object, guard: EffectGuard): Promise<'done' | 'conflict' | 'gone'>;
  /** Also what it owns goes. Nothing happens where it is gone, or is another one (by `uid`). */
  remove(object: T, guard: EffectGuard): Promise<void>;
}

interface At {
  name: string;
  namespace: string;
}

/** One kind's calls of the client. */
export interface KindCalls<T extends KubeObject> {
  read(at: At, options: ConfigurationOptions): Promise<T>;
  list(at: { namespace: string; labelSelector: string }, options: ConfigurationOptions): Promise<{ items: T[] }>;
  create(at: { namespace: string; body: T }, options: ConfigurationOptions): Promise<unknown>;
  patch(at: At & { body: object }, options: ConfigurationOptions): Promise<unknown>;
  remove(at: At & { body: V1DeleteOptions }, options: ConfigurationOptions): Promise<unknown>;
}

export function createKindStore<T extends KubeObject>(
  kind: string,
  namespace: string,
  attempt: Attempt,
  calls: () => Promise<KindCalls<T>>,
): KindStore<T> {
  return {
    kind,
    find: (name, guard) =>
      unless([404], undefined, { verb: 'read', kind, name }, guard, async (options) =>
        (await calls()).read({ name, namespace }, options),
      ),
    list: (labels, guard) =>
      attempt({ verb: 'list', kind }, guard, async (options) => {
        const { items } = await (await calls()).list({ namespace, labelSelector: toSelector(labels) }, options);
        return items;
      }),
    create: (object, guard) => {
      const name = object.metadata?.name ?? '';
      return unless('AlreadyExists', false, { verb: 'create', kind, name }, guard, async (options) => {
        await (await calls()).create({ namespace, body: object }, options);
        return true;
      });
    },
    patch: (name, patch, guard) =>
      unless<'done' | 'conflict' | 'gone'>([404], 'gone', { verb: 'patch', kind, name }, guard, (options) =>
        orElse<'done' | 'conflict' | 'gone'>([409], 'conflict', async () => {
          await (await calls()).patch({ name, namespace, body: patch }, options);
          return 'done';
        }),
      ),
    remove: async ({ metadata: { name = '', uid } = {} }, guard) => {
      const preconditions = uid === undefined ? {} : { preconditions: { uid } };
      const body = { propagationPolicy: 'Background', ...preconditions };
      await unless([404, 409], undefined, { verb: 'delete', kind, name }, guard, async (options) => {
        await (await calls()).remove({ name, namespace, body }, options);
        return undefined;
      });
    },
  };

  function unless<R>(
    expected: readonly number[] | string,
    instead: R,
    call: Call,
    guard: EffectGuard,
    send: (options: ConfigurationOptions) => Promise<R>,
  ): Promise<R> {
    return attempt(call, guard, (options) => orElse(expected, instead, () => send(options)));
  }
}

/** An answer of one of these codes, or for this reason, means something else than a failure. */
async function orElse<R>(expected: readonly number[] | string, instead: R, send: () => Promise<R>): Promise<R> {
  try {
    return await send();
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined) throw error;
    const isExpected = typeof expected === 'string' ? readStatus(error).reason === expected : expected.includes(status);
    if (isExpected) return instead;
    throw error;
  }
}
