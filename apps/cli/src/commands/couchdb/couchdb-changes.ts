import { defineCommand, YES, type Argument, type Command, type Option } from '../../command.js';
import type { Context } from '../../context.js';
import { EXIT, usageFailure, type ExitCode } from '../../failures.js';
import { WATCH_OPTIONS, type WatchOptions } from '../../watch/follow.js';
import { ACCOUNT_OPTIONS, adviseOnCluster, askCouchdb, TAG, type Cluster } from './couchdb-api.js';
import { changeCluster } from './change-cluster.js';
import { checkTag, drawTag, parseDatabases, parseReplicas } from './couchdb-fields.js';
import { nodesInWords } from './goal.js';

const COUNTS = Array.from({ length: 10 }, (_none, i) => String(i + 1));
const REPLICAS: Argument = { name: 'replicas', summary: 'How many nodes it is to have, 1 to 10', completion: COUNTS };
const OPTIONS: readonly Option[] = [...WATCH_OPTIONS, ...ACCOUNT_OPTIONS];

const create = defineCommand<{ readonly tag?: string }, WatchOptions & { readonly replicas?: number }>({
  name: 'couchdb create',
  group: 'CouchDB',
  summary: 'Make a CouchDB cluster',
  description:
    'The answer has the cluster’s password, this once: it is the account’s token. Without a tag one is drawn and told.',
  arguments: [{ name: 'tag', summary: 'What it is called: 4 to 12 letters, digits and dashes', isOptional: true }],
  options: [
    {
      flags: '-r, --replicas <number>',
      summary: 'How many nodes, 1 to 10; 1 where it is left out',
      parse: parseReplicas,
      completion: COUNTS,
    },
    ...OPTIONS,
  ],
  examples: [
    { line: 'couchdb create my-test-db1 --replicas 3 --wait', does: 'three nodes, watched until they are ready' },
    { line: 'couchdb create', does: 'one node, and a tag that is drawn' },
  ],
  run: async (context, given, options) => {
    const { account } = context;
    const tag = given.tag === undefined ? drawTag() : checkTag(given.tag);
    const { replicas = 1 } = options;
    if (given.tag === undefined) context.print.note(`Cluster ${tag} of account ${account.username}`);
    const fields = { replicas: String(replicas) };
    return changeCluster(context, { kind: 'create', tag, fields, goal: { kind: 'create', replicas }, options });
  },
});

type ScaleOptions = WatchOptions & { readonly purge?: boolean; readonly yes?: boolean };

const scale = defineCommand<{ readonly tag: string; readonly replicas: string }, ScaleOptions>({
  name: 'couchdb scale',
  group: 'CouchDB',
  summary: 'Give a cluster more nodes, or fewer',
  description:
    'Nodes go when the others have all that they have; their volumes stay, and a later scaling up takes them again. On a terminal it asks before nodes go.',
  arguments: [TAG, REPLICAS],
  options: [{ flags: '--purge', summary: 'Delete the volumes of the nodes that go, too' }, YES, ...OPTIONS],
  examples: [
    { line: 'couchdb scale my-test-db1 5 --wait', does: 'up to five nodes, watched until the ring goes through them' },
    { line: 'couchdb scale my-test-db1 1 --purge --yes', does: 'down to one, without the others’ volumes, unasked' },
  ],
  run: async (context, given, options) => {
    const tag = checkTag(given.tag);
    const replicas = replicasOf(given.replicas);
    const { purge = false, yes = false } = options;
    if (context.prompts.isInteractive && !yes && !(await isScalingWanted(context, tag, replicas, options))) {
      return refused(context, 'Nothing was changed.');
    }
    const fields = { replicas: String(replicas), ...(purge && { purge: 'true' }) };
    return changeCluster(context, { kind: 'scale', tag, fields, goal: { kind: 'scale', replicas }, options });
  },
});

function replicasOf(text: string): number {
  try {
    return parseReplicas(text);
  } catch (error) {
    throw usageFailure(`replicas ${(error as Error).message}, not ${text}.`);
  }
}

async function load(context: Context, tag: string): Promise<Cluster | undefined> {
  try {
    return (await askCouchdb<Cluster>(context, 'detail', { cluster_tag: tag })).result;
  } catch (error) {
    throw adviseOnCluster(error, tag);
  }
}

/** Says what would happen, and asks where nodes would go. */
async function isScalingWanted(
  context: Context,
  tag: string,
  replicas: number,
  options: ScaleOptions,
): Promise<boolean> {
  const cluster = await load(context, tag);
  const { Replicas = replicas, Spawner } = cluster ?? {};
  const change = `${tag}: ${Replicas} → ${nodesInWords(replicas)}`;
  const going = Replicas - replicas;
  if (going <= 0) {
    if (going < 0) context.print.note(change);
    return true;
  }
  const volumes = volumesOf(Spawner, going, options.purge === true);
  return context.prompts.confirm(
    `${change}. ${going === 1 ? '1 node goes' : `${nodesInWords(going)} go`}; ${volumes}. Scale down?`,
  );
}

function volumesOf(spawner: string | undefined, going: number, isPurged: boolean): string {
  const [its, volume] = going === 1 ? ['its', 'volume'] : ['their', 'volumes'];
  if (spawner === 'deployment') return `what ${going === 1 ? 'it has' : 'they have'} is copied to the others before`;
  if (isPurged) return `${its} ${volume} ${going === 1 ? 'is' : 'are'} deleted`;
  return `${its} ${volume} ${going === 1 ? 'stays' : 'stay'}`;
}

/** No was the answer: done nothing, which a script behind `&&` should see. */
function refused({ print }: Context, message: string): ExitCode {
  print.note(message);
  return EXIT.failed;
}

const replicate = defineCommand<{ readonly tag: string; readonly databases: readonly string[] }, WatchOptions>({
  name: 'couchdb replicate',
  group: 'CouchDB',
  summary: 'Replicate databases over all nodes of a cluster',
  description: 'They are added to those that it replicates already, `test` and `_users` from the beginning.',
  arguments: [TAG, { name: 'databases', summary: 'Their names, as a comma list or several words', isVariadic: true }],
  options: OPTIONS,
  examples: [
    { line: 'couchdb replicate my-test-db1 mydb,special --wait', does: 'two databases, until they replicate' },
  ],
  run: async (context, given, options) => {
    const tag = checkTag(given.tag);
    const databases = parseDatabases(given.databases);
    const fields = { databases: databases.join(',') };
    return changeCluster(context, { kind: 'replicate', tag, fields, goal: { kind: 'replicate', databases }, options });
  },
});

const remove = defineCommand<{ readonly tag: string }, WatchOptions & { readonly yes?: boolean }>({
  name: 'couchdb delete',
  group: 'CouchDB',
  summary: 'Delete a cluster, with its data and volumes',
  description: 'On a terminal it asks before.',
  arguments: [TAG],
  options: [YES, ...OPTIONS],
  examples: [
    { line: 'couchdb delete my-test-db1', does: 'asks, then deletes it' },
    { line: 'couchdb delete my-test-db1 --yes --wait', does: 'unasked, and until nothing of it is left' },
  ],
  run: async (context, given, options) => {
    const tag = checkTag(given.tag);
    if (context.prompts.isInteractive && options.yes !== true) {
      const { Replicas = 0, Databases = [] } = (await load(context, tag)) ?? {};
      const what = `${nodesInWords(Replicas)}, databases ${Databases.join(', ')}`;
      const question = `Delete cluster ${tag} (${what}) with all its data and volumes? It can not be brought back.`;
      if (!(await context.prompts.confirm(question))) return refused(context, 'Nothing was deleted.');
    }
    return changeCluster(context, { kind: 'delete', tag, goal: { kind: 'delete' }, options });
  },
});

export const clusterChangeCommands: readonly Command[] = [create, scale, replicate, remove].map((command) => ({
  ...command,
  needsToken: false,
}));
