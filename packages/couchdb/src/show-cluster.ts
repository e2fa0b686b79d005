import type { StandingCluster } from './cluster.js';
import type { Replication } from './couch-port.js';
import type { ShownCluster } from './operation.js';
import { planRing } from './ring.js';

/** What stands in each node's `_replicator`, by the node's name. A node that could not be asked is missing. */
export type StandingReplications = ReadonlyMap<string, readonly Replication[]>;

/**
 * A cluster as callers see it. `replications`: missing where nobody has asked the nodes; then none are shown. Each way of
 * the ring as it was drawn is shown with its state: `Replication`'s, or `missing` (its node has no such document), or
 * `unknown` (its node could not be asked).
 */
export function showCluster(cluster: StandingCluster, replications?: StandingReplications): ShownCluster {
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
    ...(replications === undefined ? {} : { Replications: showRing(cluster, replications) }),
    ...(cluster.deleting ? { Deleting: true as const } : {}),
  };
}

/** The same with the password of its administrator, in kanto's place for it. */
export function showPassword(cluster: ShownCluster, password: string): ShownCluster {
  const { Tag, Username, ...rest } = cluster;
  return { Tag, Username, Password: password, ...rest };
}

function showRing(
  { ring, databases }: StandingCluster,
  replications: StandingReplications,
): NonNullable<ShownCluster['Replications']> {
  return planRing(ring, databases).map(({ id, database, source, target }) => {
    const standing = replications.get(source);
    const found = standing?.find((replication) => replication.id === id);
    return {
      Database: database,
      From: source,
      To: target,
      State: standing === undefined ? 'unknown' : (found?.state ?? 'missing'),
      ...(found?.reason === undefined ? {} : { Reason: found.reason }),
    };
  });
}
