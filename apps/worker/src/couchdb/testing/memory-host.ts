import {
  clusterName,
  type ClusterHost,
  type ClusterKey,
  type ClusterNode,
  type ClusterWish,
  type StandingCluster,
} from '@quartermaster/couchdb';
import { AppError } from '@quartermaster/foundation';
import type { Standing, World } from './world.js';

export interface MemoryHost extends ClusterHost {
  /** What becomes of the next changes: an error is thrown in their place. Called with the method's name. */
  onChange: (method: string, detail: string) => void;
  /** How often something was really changed. */
  changes: number;
}

/** Kubernetes in this process, as operations see it. */
export function createMemoryHost(world: World): MemoryHost {
  const load = (key: ClusterKey): Standing => {
    const cluster = world.clusters.get(clusterName(key));
    if (cluster === undefined) throw new AppError('not-found', 'cluster-gone', 'There is no such cluster.');
    return cluster;
  };
  const change = (method: string, detail = ''): void => {
    host.onChange(method, detail);
  };
  const changed = (): void => void (host.changes += 1);

  const setPods = (cluster: Standing, nodes: readonly ClusterNode[], serving: boolean): void => {
    for (const pod of cluster.pods.filter((one) => nodes.some(({ pod: name }) => name === one.name))) {
      if (pod.serving !== serving) changed();
      pod.serving = serving;
    }
  };
  const setServing = (cluster: Standing, nodes: readonly ClusterNode[], serving: boolean): void => {
    const { spawner } = cluster.wish;
    const names = spawner === 'statefulset' ? ['all'] : spawner === 'rc' ? nodes.map(({ name }) => name) : [];
    for (const name of nodes.length === 0 ? [] : names) {
      if ((cluster.templates.get(name)?.out ?? false) === !serving) continue;
      changed();
      cluster.templates.set(name, { out: !serving, changedAt: world.time });
    }
    setPods(cluster, nodes, serving);
  };
  const nodesOf = (cluster: Standing): ClusterNode[] => {
    const { wish, name } = cluster;
    const bySerial = cluster.pods.filter(({ endsAt }) => endsAt === undefined).sort((a, b) => a.serial - b.serial);
    const first = wish.spawner === 'rc' ? 1 : 0;
    const numbered = Array.from({ length: 10 }, (_, index) => `${name}-${first + index}`);
    const names =
      wish.spawner === 'deployment'
        ? bySerial.map(({ node }) => node)
        : numbered.filter((node) => cluster.wantedNodes.has(node) || bySerial.some((pod) => pod.node === node));
    return names.map((node): ClusterNode => {
      const pod = bySerial.find((one) => one.node === node);
      if (pod === undefined) return { name: node, incarnation: '', ready: false, leaving: false };
      const { uid, serving } = pod;
      const leaving = !serving;
      const address = world.addressOf(cluster, pod);
      return { name: node, pod: pod.name, address, incarnation: uid, ready: world.isReady(pod), leaving };
    });
  };
  const show = (cluster: Standing): StandingCluster => ({
    ...cluster.wish,
    name: cluster.name,
    namespace: 'default',
    createdBy: cluster.createdBy,
    deleting: cluster.deleting,
    endpoint: `http://10.1.0.1:5984`,
    nodes: nodesOf(cluster),
    ring: cluster.ring,
  });
  const partNames = ({ spawner, replicas }: ClusterWish): string[] => {
    if (spawner === 'deployment') return ['budget', 'deployment'];
    if (spawner === 'statefulset') return ['budget', 'service/nodes', 'statefulset'];
    return ['budget', ...Array.from({ length: replicas }, (_, index) => `controller/${index + 1}`)];
  };

  const host: MemoryHost = {
    changes: 0,
    onChange: () => undefined,
    find: async (key) => {
      const cluster = world.clusters.get(clusterName(key));
      return cluster === undefined ? undefined : show(cluster);
    },
    list: async (owner) =>
      [...world.clusters.values()].filter(({ wish }) => owner === undefined || wish.owner === owner).map(show),
    begin: async (wish, createdBy, guard) => {
      guard.assertHeld();
      change('begin');
      const name = clusterName(wish);
      const former = world.clusters.get(name);
      if (former?.createdBy === createdBy) return;
      if (former !== undefined) throw new AppError('conflict', 'cluster-exists', `There is a cluster ${wish.tag}.`);
      changed();
      const cluster: Standing = {
        wish,
        name,
        createdBy,
        deleting: false,
        ring: [],
        secret: false,
        parts: new Set(),
        wanted: 0,
        wantedNodes: new Set(),
        templates: new Map(),
        held: new Set(),
        get leaving(): ReadonlySet<string> {
          return new Set(cluster.pods.filter(({ serving }) => !serving).map(({ node }) => node));
        },
        pods: [],
        disks: new Map(),
      };
      world.clusters.set(name, cluster);
    },
    makeSecret: async (key) => {
      change('makeSecret');
      const cluster = load(key);
      if (!cluster.secret) changed();
      cluster.secret = true;
    },
    loadAdmin: async (key) => {
      if (!load(key).secret) throw new AppError('not-found', 'cluster-secret-missing', 'There is no Secret.');
      return { user: 'quartermaster', password: 'secret' };
    },
    partsOf: (wish) => partNames(wish).map((name) => ({ name: `${name}/${clusterName(wish)}` })),
    make: async (wish, part) => {
      const name = part.name.slice(0, part.name.lastIndexOf('/'));
      change('make', name);
      const cluster = load(wish);
      const before = JSON.stringify([[...cluster.parts], cluster.wanted, [...cluster.wantedNodes]]);
      cluster.parts.add(name);
      if (name === 'deployment') cluster.wanted = wish.replicas;
      if (name === 'statefulset') wantOrdinals(cluster, wish.replicas);
      if (name.startsWith('controller/')) {
        const node = `${cluster.name}-${name.split('/')[1] ?? ''}`;
        cluster.wantedNodes.add(node);
        cluster.held.delete(node);
      }
      if (before !== JSON.stringify([[...cluster.parts], cluster.wanted, [...cluster.wantedNodes]])) changed();
    },
    note: async (key, { deleting, ring, ...wish }) => {
      change('note', JSON.stringify({ deleting, ring, ...wish }));
      const cluster = load(key);
      const before = JSON.stringify([cluster.wish, cluster.deleting, cluster.ring]);
      cluster.wish = { ...cluster.wish, ...wish };
      cluster.deleting = deleting ?? cluster.deleting;
      cluster.ring = ring ?? cluster.ring;
      if (before !== JSON.stringify([cluster.wish, cluster.deleting, cluster.ring])) changed();
    },
    chooseLeaving: (cluster, replicas) => {
      if (cluster.spawner !== 'deployment') return cluster.nodes.slice(replicas);
      const rank = ({ leaving, ready }: ClusterNode): number => (leaving ? 2 : 0) + (ready ? 0 : 1);
      const order = [...cluster.nodes].reverse().sort((a, b) => rank(b) - rank(a));
      return order.slice(0, Math.max(0, cluster.nodes.length - replicas));
    },
    takeOut: async (key, nodes) => {
      change('takeOut');
      setServing(load(key), nodes, false);
    },
    putBack: async (key, nodes) => {
      change('putBack');
      const cluster = load(key);
      setServing(cluster, nodes, true);
      for (const { name } of nodes) if (cluster.held.delete(name)) changed();
    },
    keepInFront: async (key, nodes) => {
      change('keepInFront');
      setPods(load(key), nodes, true);
    },
    keepsData: ({ spawner }) => spawner !== 'deployment',
    restart: async (key, node) => {
      change('restart', node.name);
      const cluster = load(key);
      const pod = cluster.pods.find(({ uid }) => uid === node.incarnation);
      if (pod !== undefined) {
        if (pod.endsAt === undefined) changed();
        if (cluster.wish.spawner === 'rc') cluster.held.add(node.name);
        world.end(pod);
        return { done: false };
      }
      if (!cluster.held.has(node.name)) return { done: true };
      if (cluster.pods.some((one) => one.node === node.name)) return { done: false };
      cluster.held.delete(node.name);
      return { done: true };
    },
    endNodes: async (key, nodes, replicas, purge) => {
      change('endNodes');
      const cluster = load(key);
      if (cluster.wish.spawner === 'deployment') {
        cluster.wanted = replicas;
        return { done: cluster.pods.length <= replicas };
      }
      for (const { name } of nodes) {
        cluster.wantedNodes.delete(name);
        cluster.held.delete(name);
        cluster.templates.delete(name);
        cluster.parts.delete(`controller/${name.slice(name.lastIndexOf('-') + 1)}`);
        const disk = cluster.disks.get(name);
        if (!purge || disk === undefined) continue;
        cluster.disks.delete(name);
        world.onLost(cluster, disk);
      }
      return { done: nodes.every(({ name }) => cluster.pods.every(({ node }) => node !== name)) };
    },
    remove: async (key) => {
      change('remove');
      const cluster = world.clusters.get(clusterName(key));
      if (cluster === undefined) return { left: 0 };
      changed();
      if (cluster.parts.size > 0) {
        cluster.parts.clear();
        return { left: 2 };
      }
      world.clusters.delete(cluster.name);
      return { left: 0 };
    },
    close: () => undefined,
  };
  return host;
}

function wantOrdinals(cluster: Standing, replicas: number): void {
  cluster.wantedNodes.clear();
  for (let ordinal = 0; ordinal < replicas; ordinal += 1) cluster.wantedNodes.add(`${cluster.name}-${ordinal}`);
}
