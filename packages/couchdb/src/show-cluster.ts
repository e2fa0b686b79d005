import type { StandingCluster } from './cluster.js';
import type { SeenWay } from './look-at-ring.js';
import type { ShownCluster } from './operation.js';

type ShownWay = NonNullable<ShownCluster['Replications']>[number];

/** A cluster as callers see it. `ways`: of its ring; missing where nobody has asked the nodes, then none are shown. */
export function showCluster(cluster: StandingCluster, ways?: readonly SeenWay[]): ShownCluster {
  return {
    Tag: cluster.tag,
    Username: cluster.owner,
    Replicas: cluster.replicas,
    Endpoint: cluster.endpoint ?? '',
    Namespace: cluster.namespace,
    Spawner: cluster.spawner,
    Databases: cluster.databases,
    Nodes: cluster.nodes.map(({ name, ready, address }) => ({
      Name: name,
      Ready: ready,
      ...(address === undefined ? {} : { Address: address }),
    })),
    ...(ways === undefined ? {} : { Replications: ways.map(showWay) }),
    ...(cluster.deleting ? { Deleting: true as const } : {}),
  };
}

/** The same with the password of its administrator, in kanto's place for it. */
export function showPassword(cluster: ShownCluster, password: string): ShownCluster {
  const { Tag, Username, ...rest } = cluster;
  return { Tag, Username, Password: password, ...rest };
}

function showWay({ database, source, target, state, reason, pending }: SeenWay): ShownWay {
  return {
    Database: database,
    From: source,
    To: target,
    State: state,
    ...(reason === undefined ? {} : { Reason: reason }),
    ...(pending === undefined ? {} : { Pending: pending }),
  };
}
