import type { EffectGuard } from '@quartermaster/foundation';
import type { ClusterKey, ClusterNode, ClusterWish, SpawnerType, StandingCluster } from './cluster.js';
import type { ClusterHost } from './cluster-host.js';
import { clusterName } from './cluster-name.js';
import { hashCouchPassword } from './password.js';

/** A host over a Kubernetes in which everything takes moments. */
export interface HostUnderTest {
  readonly host: ClusterHost;
  /** All objects of a cluster, of every kind: `Service/…` → all of it. */
  objectsOf(cluster: string): Promise<Readonly<Record<string, unknown>>>;
  /** Makes a Service of this name that is nobody's cluster. */
  makeForeignService(name: string): Promise<void>;
  /** Ends a pod at once, as a dying machine does. */
  killPod(name: string): Promise<void>;
}

const GUARD: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
type Labels = Readonly<Record<string, string>>;
const TOKEN = 'the-token-of-an-account';
const LIMIT_MS = 90_000;
/** Two accounts whose names have the same first 8 hexadecimal digits of their SHA-256. */
const TWINS = ['acct47', 'acct19941'] as const;

/** What every host of clusters does with clusters of every type. */
export function describeClusterHost(spawner: SpawnerType, open: () => Promise<HostUnderTest>): void {
  let test: HostUnderTest;
  let host: ClusterHost;
  beforeAll(async () => {
    test = await open();
    host = test.host;
  });

  const wishOf = (tag: string, replicas: number, owner = 'ann'): ClusterWish => ({
    owner,
    tag: `${tag}-${spawner.slice(0, 4)}`,
    spawner,
    replicas,
    databases: ['_users', 'test'],
  });
  const make = async (wish: ClusterWish, id = 'op-1'): Promise<void> => {
    await host.begin(wish, id, GUARD);
    await host.makeSecret(wish, hashCouchPassword(TOKEN), GUARD);
    for (const part of host.partsOf(wish)) await host.make(wish, part, GUARD);
  };
  const load = async (key: ClusterKey): Promise<StandingCluster> => {
    const cluster = await host.find(key, GUARD);
    if (cluster === undefined) throw new Error(`there is no cluster ${key.tag}`);
    return cluster;
  };
  const whenReady = (key: ClusterKey, count: number): Promise<StandingCluster> =>
    until(async () => {
      const cluster = await load(key);
      const ready = cluster.nodes.filter((node) => node.ready);
      return ready.length === count && cluster.nodes.length === count ? cluster : undefined;
    });
  const remove = (key: ClusterKey): Promise<true> =>
    until(async () => ((await host.remove(key, GUARD)).left === 0 ? true : undefined));
  const end = async (key: ClusterKey, leaving: readonly ClusterNode[], replicas: number, purge = false) => {
    const named = leaving.map(({ name, pod }) => (pod === undefined ? { name } : { name, pod }));
    await until(async () =>
      (await host.endNodes(await load(key), named, replicas, purge, GUARD)).done ? true : undefined,
    );
    await host.note(key, { replicas }, GUARD);
  };
  const urlOf = ({ address }: ClusterNode): string => `http://${address}:5984`;
  const names = (nodes: readonly ClusterNode[]): string[] => nodes.map(({ name }) => name);
  const nodeOf = (cluster: StandingCluster, at: number): ClusterNode => {
    const node = cluster.nodes.at(at);
    if (node === undefined) throw new Error(`there is no node ${at}`);
    return node;
  };
  /** The uids of a node's pods, also of those that are ending. */
  const podsOf = async ({ name: cluster }: StandingCluster, node: ClusterNode): Promise<string[]> => {
    const all = Object.entries(await test.objectsOf(cluster)).filter(([name]) => name.startsWith('Pod/'));
    return all.flatMap(([, object]) => {
      const { name, uid, labels } = (object as { metadata: { name: string; uid: string; labels: Labels } }).metadata;
      return [name, labels['quartermaster/node']].includes(node.name) ? [uid] : [];
    });
  };
  /** Changes that come to pass without anybody's doing are left out of comparisons. */
  const wishes = async (cluster: string): Promise<Record<string, unknown>> => {
    const all = Object.entries(await test.objectsOf(cluster)).filter(([name]) => !name.startsWith('Pod/'));
    return Object.fromEntries(all.map(([name, object]) => [name, { ...(object as object), status: undefined }]));
  };

  it('makes a cluster whose nodes let in the account and their administrator, and nobody else', async () => {
    const wish = wishOf('make', 3);
    expect(await host.find(wish, GUARD)).toBeUndefined();
    await make(wish);
    const cluster = await whenReady(wish, 3);
    expect(cluster).toMatchObject({ ...wish, name: clusterName(wish), createdBy: 'op-1', deleting: false, ring: [] });
    expect(new Set(cluster.nodes.map(({ address }) => address)).size).toBe(3);
    expect(names((await load(wish)).nodes)).toEqual(names(cluster.nodes));
    const admin = await host.loadAdmin(wish, GUARD);
    for (const base of [cluster.endpoint ?? '', ...cluster.nodes.map(urlOf)]) {
      expect(await ask(base, '/_all_dbs', admin)).toBe(200);
      expect(await ask(base, '/_all_dbs', { user: 'ann', password: TOKEN })).toBe(200);
      expect(await ask(base, '/_all_dbs', { user: 'ann', password: 'another-token' })).toBe(401);
    }
    await remove(wish);
  });

  it('changes nothing when all of it is done ten times, not even the administrator', async () => {
    const wish = wishOf('ten', 2);
    await make(wish);
    await whenReady(wish, 2);
    const [before, admin] = [await wishes(clusterName(wish)), await host.loadAdmin(wish, GUARD)];
    for (let time = 0; time < 10; time += 1) await make(wish);
    expect(await wishes(clusterName(wish))).toEqual(before);
    expect(await host.loadAdmin(wish, GUARD)).toEqual(admin);
    await remove(wish);
  });

  it('makes what is missing of a cluster, and makes right what is not', async () => {
    const wish = wishOf('right', 2);
    await make({ ...wish, replicas: 1 });
    await whenReady(wish, 1);
    await host.note(wish, { replicas: 2 }, GUARD);
    for (const part of host.partsOf(wish)) await host.make(wish, part, GUARD);
    expect((await whenReady(wish, 2)).replicas).toBe(2);
    await remove(wish);
  });

  it('names its parts alike at every time, each once', () => {
    const [once, again] = [host.partsOf(wishOf('parts', 4)), host.partsOf(wishOf('parts', 4))];
    expect(once).toEqual(again);
    expect(new Set(once.map(({ name }) => name)).size).toBe(once.length);
  });

  it('begins no cluster that another operation has begun, and none whose name is taken', async () => {
    const wish = wishOf('begun', 1);
    await host.begin(wish, 'op-1', GUARD);
    await host.begin(wish, 'op-1', GUARD);
    const exists = { kind: 'conflict', code: 'cluster-exists' };
    await expect(host.begin(wish, 'op-2', GUARD)).rejects.toMatchObject(exists);
    await remove(wish);
    const other = wishOf('taken', 1);
    await test.makeForeignService(clusterName(other));
    await expect(host.begin(other, 'op-1', GUARD)).rejects.toMatchObject(exists);
    expect(await host.find(other, GUARD)).toBeUndefined();
    expect(await host.remove(other, GUARD)).toEqual({ left: 0 });
  });

  it('lists the clusters of one account, and of all', async () => {
    const all = [wishOf('lista', 1), wishOf('listb', 1), wishOf('lista', 1, 'bob')];
    for (const wish of all) await host.begin(wish, 'op-1', GUARD);
    const shown = (clusters: StandingCluster[]): string[] => clusters.map(({ owner, tag }) => `${owner}/${tag}`);
    const ids = all.map(({ owner, tag }) => `${owner}/${tag}`);
    expect(shown(await host.list('ann', GUARD))).toEqual(ids.slice(0, 2));
    expect(shown(await host.list('bob', GUARD))).toEqual(ids.slice(2));
    expect(shown(await host.list(undefined, GUARD))).toEqual(ids);
    for (const wish of all) await remove(wish);
  });

  it('keeps what is noted', async () => {
    const wish = wishOf('note', 1);
    await host.begin(wish, 'op-1', GUARD);
    const ring = [{ name: 'a', address: '10.0.0.1', incarnation: 'u:0' }];
    await host.note(wish, { replicas: 4, databases: ['a/b', 'test'], ring }, GUARD);
    expect(await load(wish)).toMatchObject({ replicas: 4, databases: ['a/b', 'test'], ring, deleting: false });
    await host.note(wish, { deleting: true }, GUARD);
    expect(await load(wish)).toMatchObject({ replicas: 4, ring, deleting: true });
    await expect(host.begin(wish, 'op-1', GUARD)).rejects.toMatchObject({ code: 'cluster-exists' });
    await remove(wish);
    await expect(host.note(wish, { replicas: 1 }, GUARD)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(host.loadAdmin(wish, GUARD)).rejects.toMatchObject({ code: 'cluster-secret-missing' });
  });

  it('takes nodes out of the front, also when they are started anew, and puts them back', async () => {
    const wish = wishOf('front', 2);
    await make(wish);
    const cluster = await whenReady(wish, 2);
    const admin = await host.loadAdmin(wish, GUARD);
    const [node, base] = [nodeOf(cluster, -1), cluster.endpoint ?? ''];
    expect(await ask(urlOf(node), '/only-here', admin, 'PUT')).toBe(201);
    await until(async () => ((await ask(base, '/only-here', admin)) === 200 ? true : undefined));

    await host.takeOut(cluster, [node], GUARD);
    await host.takeOut(cluster, [node], GUARD);
    const taken = await load(wish);
    expect(taken.nodes.filter(({ leaving }) => leaving)).toEqual([{ ...node, leaving: true }]);
    await until(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(base, '/only-here', admin)));
      return answers.every((status) => status === 404) ? true : undefined;
    });
    expect(await ask(urlOf(node), '/only-here', admin)).toBe(200);

    expect(await host.restart(taken, { ...node, incarnation: 'another' }, GUARD)).toEqual({ done: true });
    expect(names((await load(wish)).nodes)).toEqual(names(cluster.nodes));
    if (host.keepsData(cluster)) {
      await until(async () => ((await host.restart(taken, node, GUARD)).done ? true : undefined));
      const back = await until(async () =>
        (await load(wish)).nodes.find(
          (one) => one.name === node.name && one.incarnation !== node.incarnation && one.ready,
        ),
      );
      expect(await host.restart(taken, node, GUARD)).toEqual({ done: true });
      expect(await load(wish)).toEqual({ ...taken, nodes: [...taken.nodes.slice(0, -1), back] });
      expect(back.leaving).toBe(true);
      expect(await ask(urlOf(back), '/only-here', admin)).toBe(200);
    }
    const now = await load(wish);
    await host.putBack(
      now,
      now.nodes.filter(({ leaving }) => leaving),
      GUARD,
    );
    await until(async () => ((await ask(base, '/only-here', admin)) === 200 ? true : undefined));
    expect((await load(wish)).nodes.every(({ leaving }) => !leaving)).toBe(true);
    await remove(wish);
  });

  it('starts a node anew without ever having two pods of one volume', async () => {
    const wish = wishOf('one', 1);
    await make(wish);
    const cluster = await whenReady(wish, 1);
    if (host.keepsData(cluster)) {
      const node = nodeOf(cluster, 0);
      const [former] = await podsOf(cluster, node);
      const look = async (): Promise<string[]> => {
        const uids = await podsOf(cluster, node);
        expect(uids.length).toBeLessThanOrEqual(1);
        return uids;
      };
      await until(async () => {
        const { done } = await host.restart(cluster, node, GUARD);
        const uids = await look();
        if (done) expect(uids).not.toContain(former);
        return done ? true : undefined;
      });
      await until(async () => ((await look()).length === 1 && nodeOf(await load(wish), 0).ready ? true : undefined));
    }
    await remove(wish);
  });

  it('has a node of a restart that was given up again when it is put back, or made right', async () => {
    const wish = wishOf('again', 1);
    await make(wish);
    const again: ((cluster: StandingCluster) => Promise<void>)[] = [
      (cluster) => host.putBack(cluster, cluster.nodes, GUARD),
      async () => make(wish),
    ];
    for (const act of again) {
      const cluster = await whenReady(wish, 1);
      await host.restart(cluster, nodeOf(cluster, 0), GUARD);
      await act(await load(wish));
      await until(async () => {
        const [node, ...others] = (await load(wish)).nodes;
        const isAnew = node?.ready === true && node.incarnation !== nodeOf(cluster, 0).incarnation;
        return isAnew && others.length === 0 ? true : undefined;
      });
    }
    await remove(wish);
  });

  it('keeps those in front that stay, also when they are started anew, and none of those that leave', async () => {
    const wish = wishOf('stay', 2);
    await make(wish);
    const cluster = await whenReady(wish, 2);
    const [staying, leaving] = [nodeOf(cluster, 0), nodeOf(cluster, 1)];
    await host.takeOut(cluster, [leaving], GUARD);
    const killAndKeep = async (killed: ClusterNode): Promise<readonly ClusterNode[]> => {
      await test.killPod(killed.pod ?? '');
      const now = await until(async () => {
        const found = await load(wish);
        const isAnew = found.nodes.every(({ ready, incarnation }) => ready && incarnation !== killed.incarnation);
        return found.nodes.length === 2 && isAnew ? found : undefined;
      });
      const toKeep = now.nodes.filter(({ name }) => name !== leaving.name);
      await host.keepInFront(now, toKeep, GUARD);
      return (await load(wish)).nodes;
    };
    const isOut = (nodes: readonly ClusterNode[]): string[] => names(nodes.filter((node) => node.leaving));
    expect(isOut(await killAndKeep(staying))).toEqual([leaving.name]);
    if (host.keepsData(cluster)) expect(isOut(await killAndKeep(leaving))).toEqual([leaving.name]);
    await remove(wish);
  });

  it('ends the nodes that it chose and no others; their volumes stay unless they are purged', async () => {
    const wish = wishOf('down', 3);
    await make(wish);
    const grow = async (): Promise<StandingCluster> => {
      await host.note(wish, { replicas: 3 }, GUARD);
      for (const part of host.partsOf(wish)) await host.make(wish, part, GUARD);
      return whenReady(wish, 3);
    };
    const admin = await host.loadAdmin(wish, GUARD);
    for (const purge of [false, true]) {
      const cluster = await grow();
      const leaving = host.chooseLeaving(cluster, 1);
      let staying: readonly ClusterNode[] = cluster.nodes.filter((node) => !leaving.includes(node));
      for (const node of leaving) await ask(urlOf(node), '/only-here', admin, 'PUT');
      await host.takeOut(cluster, leaving, GUARD);
      await end(wish, leaving, 1, purge);
      expect((await load(wish)).nodes).toEqual(staying);
      if (host.keepsData(cluster)) {
        // Whoever stays comes up in front.
        await test.killPod(nodeOf(await load(wish), 0).pod ?? '');
        staying = (await whenReady(wish, 1)).nodes;
        expect(staying.every((node) => !node.leaving)).toBe(true);
      }
      const grown = await grow();
      expect(grown.nodes.every((node) => !node.leaving)).toBe(true);
      const kept = await Promise.all(
        grown.nodes
          .filter(({ name }) => !names(staying).includes(name))
          .map((node) => ask(urlOf(node), '/only-here', admin)),
      );
      expect(kept).toEqual(host.keepsData(cluster) && !purge ? [200, 200] : [404, 404]);
    }
    await remove(wish);
  });

  it('chooses the same nodes again after they were taken out', async () => {
    const wish = wishOf('same', 3);
    await make(wish);
    const cluster = await whenReady(wish, 3);
    const leaving = host.chooseLeaving(cluster, 1);
    await host.takeOut(cluster, leaving, GUARD);
    expect(names(host.chooseLeaving(await load(wish), 1)).sort()).toEqual(names(leaving).sort());
    await remove(wish);
  });

  it('tells a node that was started anew by its incarnation', async () => {
    const wish = wishOf('anew', 2);
    await make(wish);
    const cluster = await whenReady(wish, 2);
    const killed = nodeOf(cluster, 0);
    await test.killPod(killed.pod ?? '');
    const after = await until(async () => {
      const { nodes } = await load(wish);
      const isAnew = nodes.every(({ incarnation, ready }) => ready && incarnation !== killed.incarnation);
      return nodes.length === 2 && isAnew ? nodes : undefined;
    });
    const survivor = nodeOf(cluster, 1);
    expect(after.find(({ incarnation }) => incarnation === survivor.incarnation)).toEqual(survivor);
    if (host.keepsData(cluster)) expect(names(after)).toEqual(names(cluster.nodes));
    await remove(wish);
  });

  it('leaves alone what another account has under the same name', async () => {
    const [theirs, mine] = TWINS.map((owner) => wishOf('twins', 1, owner));
    if (theirs === undefined || mine === undefined) throw new Error('there are two');
    expect(clusterName(mine)).toBe(clusterName(theirs));
    await make(theirs);
    await whenReady(theirs, 1);
    const before = await wishes(clusterName(theirs));
    expect(await host.find(mine, GUARD)).toBeUndefined();
    await expect(host.begin(mine, 'op-2', GUARD)).rejects.toMatchObject({ code: 'cluster-exists' });
    expect(await host.remove(mine, GUARD)).toEqual({ left: 0 });
    expect(await wishes(clusterName(theirs))).toEqual(before);
    await remove(theirs);
  });

  it('removes everything, also of half a cluster, and also when nothing is left', async () => {
    const [whole, half] = [wishOf('gone', 2), wishOf('half', 3)];
    await make(whole);
    await whenReady(whole, 2);
    await host.begin(half, 'op-1', GUARD);
    const part = host.partsOf(half).at(-1);
    if (part !== undefined) await host.make(half, part, GUARD);
    for (const wish of [whole, half]) {
      expect(Object.keys(await test.objectsOf(clusterName(wish)))).not.toEqual([]);
      await remove(wish);
      expect(await test.objectsOf(clusterName(wish))).toEqual({});
      expect(await host.find(wish, GUARD)).toBeUndefined();
      expect(await host.remove(wish, GUARD)).toEqual({ left: 0 });
    }
  });
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error('it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The status that a node answers with; 0: it does not. */
async function ask(
  base: string,
  path: string,
  { user, password }: { user: string; password: string },
  method = 'GET',
): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return fetch(base + path, { method, headers: { authorization, connection: 'close' } }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 0,
  );
}
