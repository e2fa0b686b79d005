import { ApiFailure } from '../../api/api-failure.js';
import { path, type Api, type ApiAnswer } from '../../api/api.js';
import { noteCacheAge, type CacheWords } from '../../api/cache-age.js';
import { defineCommand, type Command, type Given, type Option } from '../../command.js';
import { PROGRAM, type Context } from '../../context.js';
import { usageFailure } from '../../failures.js';
import type { Column } from '../../output/printer.js';
import { shellWord } from '../../output/shell-words.js';

/** AWS' own objects, as far as they are shown. */
interface Stack {
  readonly Name: string;
  readonly StackId: string;
  readonly Region?: string;
}
interface Layer {
  readonly Name: string;
  readonly Shortname: string;
  readonly LayerId: string;
}
interface StackInstance {
  readonly Hostname: string;
  readonly Status: string;
  readonly InstanceId: string;
  readonly InstanceType?: string;
  readonly PrivateIp?: string;
}

interface Place {
  readonly stack?: string;
  readonly layer?: string;
  readonly instance?: string;
}

export async function stackNames(api: Api): Promise<readonly string[]> {
  return (await api.get<readonly Stack[]>('/stacks')).map(({ Name }) => Name);
}

async function layerNames(api: Api, { options }: Given): Promise<readonly string[]> {
  if (options['stack'] === undefined) return [];
  return (await api.get<readonly Layer[]>(pathOf({ stack: options['stack'] }, true))).map(({ Shortname }) => Shortname);
}

async function hostNames(api: Api, { options: { stack, layer } }: Given): Promise<readonly string[]> {
  if (stack === undefined || layer === undefined) return [];
  return (await api.get<readonly StackInstance[]>(pathOf({ stack, layer }, true))).map(({ Hostname }) => Hostname);
}

const STACK: Option = { flags: '-s, --stack <name>', summary: 'A stack, by name', completion: stackNames };
const LAYER: Option = {
  flags: '-l, --layer <name>',
  summary: 'A layer of it, by name or short name',
  completion: layerNames,
};
const INSTANCE: Option = {
  flags: '-i, --instance <hostname>',
  summary: 'An instance of it, by host name or number',
  completion: hostNames,
};

/** Of the place itself, or of what is in it. @throws Failure (usage) for a layer without its stack, and so on. */
function pathOf({ stack, layer, instance }: Place, ofWhatIsInIt: boolean): string {
  if (layer !== undefined && stack === undefined) throw usageFailure('--layer needs --stack.');
  if (instance !== undefined && layer === undefined) throw usageFailure('--instance needs --stack and --layer.');
  if (stack === undefined) return '/stacks';
  if (layer === undefined) return path`/stacks/${stack}` + (ofWhatIsInIt ? '/layers' : '');
  const inLayer = path`/stacks/${stack}/layers/${layer}`;
  if (instance !== undefined) return inLayer + path`/instances/${instance}`;
  return inLayer + (ofWhatIsInIt ? '/instances' : '');
}

const STACK_COLUMNS: readonly Column<Stack>[] = [
  { title: 'NAME', of: ({ Name }) => Name },
  { title: 'REGION', of: ({ Region }) => Region },
  { title: 'ID', of: ({ StackId }) => StackId },
];
const LAYER_COLUMNS: readonly Column<Layer>[] = [
  { title: 'SHORT NAME', of: ({ Shortname }) => Shortname },
  { title: 'NAME', of: ({ Name }) => Name },
  { title: 'ID', of: ({ LayerId }) => LayerId },
];
const INSTANCE_COLUMNS: readonly Column<StackInstance>[] = [
  { title: 'HOST NAME', of: ({ Hostname }) => Hostname },
  { title: 'STATUS', of: ({ Status }) => Status },
  { title: 'TYPE', of: ({ InstanceType }) => InstanceType },
  { title: 'PRIVATE IP', of: ({ PrivateIp }) => PrivateIp },
  { title: 'ID', of: ({ InstanceId }) => InstanceId },
];

/** What there is, by its place; a failure names the command that lists what may have been meant. */
async function load<Body>({ api }: Context, place: Place, ofWhatIsInIt: boolean): Promise<ApiAnswer<Body>> {
  try {
    return await api.request<Body>({ method: 'GET', path: pathOf(place, ofWhatIsInIt) });
  } catch (error) {
    const look = error instanceof ApiFailure ? listThatHas(error.code, place) : undefined;
    if (look === undefined || !(error instanceof ApiFailure)) throw error;
    throw error.advising(`See what there is: \`${PROGRAM} ${look}\``);
  }
}

function listThatHas(code: string, { stack = '', layer = '' }: Place): string | undefined {
  if (code === 'unknown-stack') return 'list';
  if (code === 'unknown-layer') return `list --stack ${shellWord(stack)}`;
  if (code === 'unknown-instance') return `list --stack ${shellWord(stack)} --layer ${shellWord(layer)}`;
  return undefined;
}

const CACHE_WORDS: CacheWords = {
  never: 'The stacks have not been read yet',
  old: (age) => `This is ${age} old: the stacks can not be read at the moment`,
};

const list = defineCommand<object, Place>({
  name: 'list',
  group: 'Stacks and tasks',
  summary: 'List the stacks, the layers of a stack, or the instances of a layer',
  options: [STACK, LAYER],
  examples: [
    { line: 'list', does: 'all stacks' },
    { line: 'list --stack mobile-app', does: 'the layers of a stack' },
    { line: 'list -s mobile-app -l api', does: 'the instances of a layer' },
  ],
  run: async (context, _given, place) => {
    const { print } = context;
    const { body: found, headers } = await load<readonly never[]>(context, place, true);
    noteCacheAge(context, headers, CACHE_WORDS);
    print.result(found, () => {
      if (place.stack === undefined) print.table<Stack>(found, STACK_COLUMNS, 'There are no stacks.');
      else if (place.layer === undefined) print.table<Layer>(found, LAYER_COLUMNS, 'It has no layers.');
      else print.table<StackInstance>(found, INSTANCE_COLUMNS, 'It has no instances.');
    });
  },
});

const describe = defineCommand<object, Place>({
  name: 'describe',
  group: 'Stacks and tasks',
  summary: 'Show a stack, a layer or an instance, as JSON in AWS’ own words',
  options: [STACK, LAYER, INSTANCE],
  examples: [
    { line: 'describe --stack mobile-app', does: 'a stack' },
    { line: 'describe -s mobile-app -l api', does: 'a layer' },
    { line: 'describe -s mobile-app -l api -i 3', does: 'the instance api3' },
  ],
  run: async (context, _given, place) => {
    if (place.stack === undefined) throw usageFailure('Say what to describe: --stack, and --layer, --instance in it.');
    const { body, headers } = await load(context, place, false);
    noteCacheAge(context, headers, CACHE_WORDS);
    context.print.json(body);
  },
});

export const stackCommands: readonly Command[] = [list, describe];
