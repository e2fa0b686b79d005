import { path } from '../../api/api.js';
import { adviseOnCode } from '../../api/api-failure.js';
import { defineCommand, type Command } from '../../command.js';
import type { Context } from '../../context.js';
import { EXIT, Failure, usageFailure } from '../../failures.js';
import type { Colors, Column } from '../../output/printer.js';
import { ago, spanOf } from '../../output/time.js';
import {
  FLEET_FILTERS,
  imageRoles,
  instanceIds,
  LISTED,
  loadFromCache,
  type Image,
  type Images,
  type Instance,
  type Instances,
} from './fleet.js';
import { terminate } from './terminate.js';

interface Filters {
  readonly env?: string;
  readonly site?: string;
  readonly role?: string;
  readonly queue?: string;
}

function coloredState(state: string, { green, yellow, dim }: Colors): string {
  if (state === 'running') return green(state);
  return state === 'stopped' ? dim(state) : yellow(state);
}

function instanceColumns(context: Context): readonly Column<Instance>[] {
  const { colors } = context.print;
  const now = context.now();
  return [
    { title: 'ID', of: ({ id }) => id },
    { title: 'NAME', of: ({ name }) => name },
    { title: 'TYPE', of: ({ instance_type }) => instance_type },
    { title: 'STATE', of: ({ state }) => coloredState(state, colors) },
    { title: 'IP', of: ({ ip, private_ip }) => ip || private_ip },
    { title: 'AGE', of: ({ launch_time }) => spanOf((now - Date.parse(launch_time)) / 1000), align: 'right' },
    { title: 'MANAGED', of: ({ managed }) => (managed ? 'yes' : 'no') },
  ];
}

function showOne(context: Context, instance: Instance): void {
  const { print } = context;
  print.fields([
    ['ID', instance.id],
    ['Name', instance.name],
    ['State', coloredState(instance.state, print.colors)],
    ['Type', instance.instance_type],
    ['Image', instance.image_id],
    ['Public IP', instance.ip],
    ['Private IP', instance.private_ip],
    ['Site', instance.site],
    ['Env', instance.env],
    ['Queue', instance.queue],
    ['Role', instance.role],
    ['Launched', `${instance.launch_time} (${ago(instance.launch_time, context.now())})`],
    ['Managed', instance.managed ? 'yes' : 'no: this installation did not make it'],
  ]);
}

async function loadOne(context: Context, id: string): Promise<Instances> {
  return adviseOnCode(loadFromCache<Instances>(context, path`/instances/${id}`), 'unknown-instance', LISTED);
}

const instances = defineCommand<{ readonly ids: readonly string[] }, Filters>({
  name: 'instances',
  group: 'Instances',
  summary: 'List the instances, or show some',
  description:
    'The server keeps what EC2 said last; this says so where that is old. IP is the public address, or the private one where there is none. What is not managed was made by another installation, or by hand.',
  arguments: [{ name: 'ids', summary: 'Only these', isOptional: true, isVariadic: true, completion: instanceIds }],
  options: FLEET_FILTERS,
  examples: [
    { line: 'instances', does: 'all of the fleet' },
    { line: 'instances --site org --env staging --queue docker', does: 'those of a queue' },
    { line: 'instances i-0cd1e85d855d9d3e6', does: 'one, in full' },
    { line: "instances --role web --json | jq -r '.instances[].private_ip'", does: 'the addresses of a role' },
  ],
  run: async (context, { ids }, { site, env, queue, role }) => {
    const { print } = context;
    const filters = { env, site, role, queue };
    const isFiltered = Object.values(filters).some((value) => value !== undefined);
    if (ids.length > 0 && isFiltered) throw usageFailure('Give ids or filters, not both.');
    const [id, second] = ids;
    if (id !== undefined && second === undefined) {
      const found = await loadOne(context, id);
      return print.result(found, () => found.instances.forEach((instance) => showOne(context, instance)));
    }
    const all = await loadFromCache<Instances>(context, '/instances', filters);
    const found = id === undefined ? all : { instances: all.instances.filter((one) => ids.includes(one.id)) };
    print.result(found, () => {
      const ifNone = isFiltered ? 'No instance is like that.' : 'There are no instances.';
      print.table(found.instances, instanceColumns(context), ifNone);
    });
    const missing = ids.filter((wanted) => !found.instances.some((one) => one.id === wanted));
    if (missing.length === 0) return;
    throw new Failure(EXIT.failed, `There is no instance ${missing.join(', ')}.`, {
      request: `GET ${context.api.url}/instances → 200 OK, not among them`,
      next: LISTED,
    });
  },
});

const IMAGE_COLUMNS: readonly Column<Image>[] = [
  { title: 'AMI', of: ({ ami }) => ami },
  { title: 'ROLE', of: ({ role }) => role },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'ACTIVE', of: ({ active }) => (active ? 'yes' : 'no') },
  { title: 'STATE', of: ({ state }) => state },
];

const images = defineCommand<
  object,
  { readonly role?: string; readonly active?: boolean; readonly inactive?: boolean }
>({
  name: 'images',
  group: 'Instances',
  summary: 'List the machine images',
  description: 'The active image of a role is the one that a build of this role takes.',
  options: [
    { flags: '--role <name>', summary: 'Only those of this role', completion: imageRoles },
    { flags: '--active', summary: 'Only those that a build takes' },
    { flags: '--inactive', summary: 'Only the others' },
  ],
  examples: [
    { line: 'images', does: 'all of them' },
    { line: 'images --role worker --active', does: 'what a build of workers takes' },
  ],
  run: async (context, _given, { role, active, inactive }) => {
    if (active && inactive) throw usageFailure('Give --active or --inactive, not both.');
    const query = { role, active: active ?? (inactive ? false : undefined) };
    const found = await loadFromCache<Images>(context, '/images', query);
    const ifNone = Object.values(query).every((value) => value === undefined)
      ? 'There are no images.'
      : 'No image is like that.';
    context.print.result(found, () => context.print.table(found.images, IMAGE_COLUMNS, ifNone));
  },
});

export const instanceCommands: readonly Command[] = [instances, terminate, images];
