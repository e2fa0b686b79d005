import { PROGRAM, type Context } from '../../context.js';
import type { Printer } from '../../output/printer.js';
import { counted } from '../../output/counted.js';
import type { Cluster } from './couchdb-api.js';
import { nodesInWords } from './goal.js';

function readyOf({ Nodes = [] }: Cluster): number {
  return Nodes.filter(({ Ready }) => Ready).length;
}

export function showClusters(print: Printer, clusters: readonly Cluster[], account: string): void {
  print.table(
    clusters,
    [
      { title: 'TAG', of: ({ Tag }) => Tag },
      { title: 'REPLICAS', of: ({ Replicas }) => Replicas, align: 'right' },
      { title: 'READY', of: readyOf, align: 'right' },
      { title: 'ENDPOINT', of: ({ Endpoint, Deleting }) => (Deleting === true ? 'is being deleted' : Endpoint) },
      { title: 'SPAWNER', of: ({ Spawner }) => Spawner },
      { title: 'NAMESPACE', of: ({ Namespace }) => Namespace },
    ],
    `Account ${account} has no clusters. Make one: \`${PROGRAM} couchdb create\``,
  );
}

/** All that is known; of the replications those that do not run, or all of them. */
export function showCluster(print: Printer, cluster: Cluster, hasAll: boolean): void {
  const { Nodes = [], Replications = [] } = cluster;
  showFields(print, cluster);
  print.line();
  print.table(
    Nodes,
    [
      { title: 'NODE', of: ({ Name }) => Name },
      { title: 'READY', of: ({ Ready }) => (Ready ? 'yes' : print.colors.yellow('no')) },
      { title: 'ADDRESS', of: ({ Address }) => Address },
    ],
    'It has no nodes.',
  );
  if (Replications.length === 0) return;
  const broken = Replications.filter(({ State }) => State !== 'running');
  const shown = hasAll ? Replications : broken;
  if (shown.length === 0) return;
  print.line();
  print.table(
    shown,
    [
      { title: 'DATABASE', of: ({ Database }) => Database },
      { title: 'FROM', of: ({ From }) => From },
      { title: 'TO', of: ({ To }) => To },
      { title: 'STATE', of: ({ State }) => (State === 'running' ? State : print.colors.yellow(State)) },
      { title: 'PENDING', of: ({ Pending }) => Pending, align: 'right' },
      { title: 'REASON', of: ({ Reason }) => Reason },
    ],
    '',
  );
}

function lastOf({ LastOperation }: Cluster): string | undefined {
  if (LastOperation === undefined) return undefined;
  const { Kind, State, Message } = LastOperation;
  if (State === 'failed') return `${Kind} failed: ${Message ?? ''}`;
  return State === 'done' ? `${Kind}, done` : `${Kind}, under way`;
}

/** Of the replication with the most that has not gone on yet. */
function behindOf({ Replications = [] }: Cluster): string | undefined {
  const most = Math.max(0, ...Replications.map(({ Pending = 0 }) => Pending));
  return most === 0 ? undefined : `up to ${counted(most, 'change')}`;
}

function showFields(print: Printer, cluster: Cluster): void {
  const { Tag, Username, Password, Replicas, Endpoint, Namespace, Spawner, Databases, Nodes, Replications } = cluster;
  const running = Replications?.filter(({ State }) => State === 'running').length;
  print.fields([
    ['Cluster', Tag],
    ['State', cluster.Deleting === true ? 'is being deleted' : undefined],
    ['Endpoint', Endpoint],
    ['User name', Username],
    ['Password', Password],
    ['Nodes', Nodes && `${readyOf(cluster)} of ${nodesInWords(Replicas)} ready`],
    ['Replications', Replications?.length ? `${running} of ${Replications.length} run` : undefined],
    ['Behind', behindOf(cluster)],
    ['Last change', lastOf(cluster)],
    ['Databases', Databases?.join(', ')],
    ['Spawner', Spawner],
    ['Namespace', Namespace],
  ]);
}

/** What a change has come to; of a new cluster also its login, this once. */
export function showChanged({ print }: Context, message: string, cluster: Cluster | undefined): void {
  print.line(message);
  if (cluster?.Password === undefined) return;
  print.line();
  showFields(print, cluster);
}
