import type { ClusterWish, Replication, ReplicationWish, RingNode } from '@quartermaster/couchdb';

/** Document → its version; the highest wins. */
export type Database = Map<string, number>;

/** What a CouchDB has on its disk. */
export interface Disk {
  readonly databases: Map<string, Database>;
  readonly sequences: Map<string, number>;
  readonly replications: Map<string, { readonly wish: ReplicationWish; state: Replication['state']; age: number }>;
}

export interface Pod {
  readonly name: string;
  /** Of the node that it is; a Deployment's node is its pod. */
  readonly node: string;
  readonly uid: string;
  readonly serial: number;
  readonly ip: string;
  readonly readyAt: number;
  readonly disk: Disk;
  /** The front Service leads to it. */
  serving: boolean;
  /** It is ending: it goes on serving connections that it has until then. */
  endsAt?: number;
}

/** What controllers make pods from says that they come up out of service. */
export interface Template {
  readonly out: boolean;
  readonly changedAt: number;
}

/** A cluster with its objects. */
export interface Standing {
  wish: ClusterWish;
  readonly name: string;
  readonly createdBy: string;
  deleting: boolean;
  ring: readonly RingNode[];
  secret: boolean;
  readonly parts: Set<string>;
  /** Nodes that its controllers want: how many (Deployment), or which (by name). */
  wanted: number;
  readonly wantedNodes: Set<string>;
  /** By node (rc), or of all (`all`). */
  readonly templates: Map<string, Template>;
  /** Nodes whose controller is to have no pod for a moment (rc). */
  readonly held: Set<string>;
  /** Nodes that are out of service. */
  readonly leaving: ReadonlySet<string>;
  pods: Pod[];
  readonly disks: Map<string, Disk>;
}

/** Kubernetes and the CouchDBs in it, in this process, with a clock of their own. */
export interface World {
  time: number;
  readonly clusters: Map<string, Standing>;
  /** How long (ms) a pod takes to become ready; `undefined`: it never does. */
  startMs: (node: string) => number | undefined;
  /** Whether the worker's connections arrive. */
  isReachable: (ip: string) => boolean;
  /** What becomes of a one-shot replication at its next look. */
  fateOfCopy: () => 'goes' | 'fails' | 'stands';
  /** Whether a controller that has to make a pod does not know yet that its template was changed just now. */
  isStale: () => boolean;
  /** Called at every moment, for clients. */
  onTick: () => void;
  pass(ms: number): void;
  isReady(pod: Pod): boolean;
  /** The pod that answers there. */
  podAt(address: string): Pod | undefined;
  addressOf(cluster: Standing, pod: Pod): string;
  /** What a client writes to a pod. */
  write(pod: Pod, database: string, document: string, version: number): boolean;
  /** A pod dies; its controller replaces it. */
  kill(cluster: Standing, pod: Pod): void;
  /** A pod is told to end; that takes a moment. */
  end(pod: Pod): void;
  /** Told of every disk that is no more. */
  onLost: (cluster: Standing, disk: Disk) => void;
}

const TICK_MS = 100;
/** How long (ms) a pod takes to end, and a controller to hear of its new template. */
const ENDING_MS = 400;
const STALE_MS = 2_000;
const FIRST_MS = 1_000_000;
/** Three hours. */
const LAST_MS = FIRST_MS + 10_800_000;

export function createDisk(): Disk {
  return { databases: new Map(), sequences: new Map(), replications: new Map() };
}

export function createWorld(): World {
  let serial = 0;
  const world: World = {
    time: FIRST_MS,
    clusters: new Map(),
    startMs: () => 300,
    isReachable: () => true,
    fateOfCopy: () => 'goes',
    isStale: () => false,
    onTick: () => undefined,
    onLost: () => undefined,
    pass: (ms) => {
      const end = world.time + ms;
      if (end > LAST_MS) throw new Error('Time has run out: nothing comes to an end here.');
      while (world.time < end) {
        world.time = Math.min(end, world.time + TICK_MS);
        for (const cluster of world.clusters.values()) control(cluster);
        for (const cluster of world.clusters.values()) for (const pod of cluster.pods) replicate(pod);
        world.onTick();
      }
    },
    isReady: (pod) => world.time >= pod.readyAt,
    podAt: (address) => {
      for (const cluster of world.clusters.values()) {
        const found = cluster.pods.find((pod) => {
          const isReached = cluster.wish.spawner !== 'rc' || pod.endsAt === undefined;
          return isReached && world.isReady(pod) && world.addressOf(cluster, pod) === address;
        });
        if (found !== undefined) return found;
      }
      return undefined;
    },
    // A ReplicationController's node has a Service of its own.
    addressOf: (cluster, pod) => (cluster.wish.spawner === 'rc' ? `service.${pod.node}` : pod.ip),
    write: (pod, database, document, version) => put(pod.disk, database, document, version),
    kill: (cluster, pod) => {
      cluster.pods = cluster.pods.filter((other) => other !== pod);
      if (cluster.wish.spawner === 'deployment') world.onLost(cluster, pod.disk);
    },
    end: (pod) => void (pod.endsAt ??= world.time + ENDING_MS),
  };

  function start(cluster: Standing, node: string | undefined): void {
    serial += 1;
    const name = node === undefined ? `${cluster.name}-p${serial}` : `${node}-p${serial}`;
    const own = node ?? name;
    const kept = cluster.disks.get(own);
    // Of two CouchDBs with one file the later one wins: what the other writes from now on is lost.
    const isShared = cluster.pods.some((pod) => pod.disk === kept);
    const disk = isShared ? structuredClone(kept ?? createDisk()) : (kept ?? createDisk());
    if (cluster.wish.spawner !== 'deployment') cluster.disks.set(own, disk);
    const readyAt = world.time + (world.startMs(own) ?? Infinity);
    const uid = `u${serial}`;
    const serving = !isBornOut(cluster, own);
    cluster.pods.push({ name, node: own, uid, serial, ip: `10.0.0.${serial}`, readyAt, disk, serving });
  }

  function isBornOut(cluster: Standing, node: string): boolean {
    const template = cluster.templates.get(cluster.wish.spawner === 'rc' ? node : 'all');
    if (template === undefined) return false;
    const isKnown = world.time - template.changedAt > STALE_MS || !world.isStale();
    return isKnown ? template.out : !template.out;
  }

  function control(cluster: Standing): void {
    if (cluster.deleting && cluster.parts.size === 0) return;
    if (cluster.wish.spawner === 'deployment') {
      if (!cluster.parts.has('deployment')) return;
      while (cluster.pods.length < cluster.wanted) start(cluster, undefined);
      const rank = (pod: Pod): number => (pod.serving ? 0 : 2) + (world.isReady(pod) ? 0 : 1);
      const byRank = [...cluster.pods].sort((a, b) => rank(b) - rank(a) || b.serial - a.serial);
      for (const pod of byRank.slice(0, cluster.pods.length - cluster.wanted)) world.kill(cluster, pod);
      return;
    }
    const isRc = cluster.wish.spawner === 'rc';
    for (const pod of cluster.pods) if (cluster.held.has(pod.node)) world.end(pod);
    cluster.pods = cluster.pods.filter(
      ({ node, endsAt = Infinity }) => cluster.wantedNodes.has(node) && world.time < endsAt,
    );
    for (const node of cluster.wantedNodes) {
      // A ReplicationController does not wait for a pod that is ending; a StatefulSet does.
      const isThere = (pod: Pod): boolean => pod.node === node && !(isRc && pod.endsAt !== undefined);
      if (!cluster.held.has(node) && !cluster.pods.some(isThere)) start(cluster, node);
    }
  }

  function replicate(pod: Pod): void {
    if (!world.isReady(pod)) return;
    for (const replication of pod.disk.replications.values()) {
      const { wish } = replication;
      if (replication.state === 'completed' || replication.state === 'failed') continue;
      replication.age += 1;
      if (replication.age < 2) continue;
      const target = world.podAt(wish.to);
      const from = pod.disk.databases.get(wish.database);
      if (target === undefined || from === undefined || !target.disk.databases.has(wish.database)) {
        replication.state = wish.continuous ? 'failing' : 'failed';
        continue;
      }
      const fate = wish.continuous ? 'goes' : world.fateOfCopy();
      if (fate === 'fails') replication.state = 'failed';
      if (fate !== 'goes') continue;
      for (const [document, version] of from) put(target.disk, wish.database, document, version);
      replication.state = wish.continuous ? 'running' : 'completed';
    }
  }
  return world;
}

function put(disk: Disk, database: string, document: string, version: number): boolean {
  const documents = disk.databases.get(database);
  if (documents === undefined) return false;
  if ((documents.get(document) ?? 0) >= version) return true;
  documents.set(document, version);
  disk.sequences.set(database, (disk.sequences.get(database) ?? 0) + 1);
  return true;
}
