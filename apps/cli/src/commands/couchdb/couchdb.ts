import { defineCommand, type Command } from '../../command.js';
import { usageFailure } from '../../failures.js';
import { isWatched, WATCH_OPTIONS, type WatchOptions } from '../../watch/follow.js';
import { ACCOUNT_OPTIONS, adviseOnCluster, askCouchdb, TAG, type Cluster } from './couchdb-api.js';
import { clusterChangeCommands } from './couchdb-changes.js';
import { checkTag } from './couchdb-fields.js';
import { showCluster, showClusters } from './show-cluster.js';
import { watchCluster } from './watch-cluster.js';

const list = defineCommand({
  name: 'couchdb list',
  aliases: ['ls'],
  group: 'CouchDB',
  summary: 'List the clusters of the account',
  options: ACCOUNT_OPTIONS,
  needsToken: false,
  examples: [
    { line: 'couchdb list', does: 'those of the account that is set' },
    { line: 'couchdb list --account johny2 --account-token-file johny2.token', does: 'those of another account' },
  ],
  run: async (context) => {
    const body = await askCouchdb<readonly Cluster[]>(context, 'list').catch((error: unknown) => {
      throw adviseOnCluster(error, '');
    });
    const { print, account } = context;
    print.result(body, () => showClusters(print, body.result ?? [], account.username));
  },
});

type DetailOptions = WatchOptions & { readonly all?: boolean; readonly deleted?: boolean };

const detail = defineCommand<{ readonly tag: string }, DetailOptions>({
  name: 'couchdb detail',
  group: 'CouchDB',
  summary: 'Show a cluster: its nodes, and replications that do not run',
  description: 'With --wait until all its nodes are ready and its ring goes through them, or until it is deleted.',
  arguments: [TAG],
  options: [
    { flags: '--all', summary: 'Show the replications that run, too' },
    ...WATCH_OPTIONS,
    { flags: '--deleted', summary: 'With --wait: until it is deleted; one that is not there is' },
    ...ACCOUNT_OPTIONS,
  ],
  needsToken: false,
  examples: [
    { line: 'couchdb detail my-test-db1', does: 'how it stands' },
    { line: 'couchdb detail my-test-db1 --watch', does: 'until it stands as it should' },
    { line: 'couchdb detail my-test-db1 --watch --deleted', does: 'until nothing of it is left' },
  ],
  run: async (context, given, options) => {
    const tag = checkTag(given.tag);
    const { print } = context;
    const isGoing = options.deleted === true;
    if (isGoing && !isWatched(options)) throw usageFailure('--deleted needs --wait.');
    const body = isWatched(options)
      ? await watchCluster(context, { tag, goal: { kind: isGoing ? 'delete' : 'settle' }, options })
      : await askCouchdb<Cluster>(context, 'detail', { cluster_tag: tag }).catch((error: unknown) => {
          throw adviseOnCluster(error, tag);
        });
    const cluster = body?.result;
    if (cluster === undefined)
      print.result({ status: 'ok', status_message: `CouchDB cluster ${tag} is deleted` }, () =>
        print.line(`CouchDB cluster ${tag} is deleted`),
      );
    else print.result(body, () => showCluster(print, cluster, options.all === true));
  },
});

export const couchdbCommands: readonly Command[] = [list, detail, ...clusterChangeCommands];
