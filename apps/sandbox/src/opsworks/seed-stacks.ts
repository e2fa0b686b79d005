import { AppError } from '@quartermaster/foundation';
import { GROUP_TAG } from '../ec2/auto-scaling.js';
import type { Image, Instance, Subnet } from '../ec2/model.js';
import { addInstance } from '../ec2/run-instances.js';
import { EPOCH, seededPlan } from '../ec2/seed.js';
import type { World } from '../ec2/world.js';
import { createRandom, resourceId, uuid, type Random } from '../random.js';
import type { Layer, Stack, StackInstance } from './account.js';
import { EC2_ROLE } from './json.js';
import type { LayerPlan, StackPlan } from './stack-plan.js';

const HOUR = 3_600_000;

/** The stacks that are there at the start. A layer of each kind: plain, partly stopped, shared, scaled, not stoppable. */
const STACKS: readonly StackPlan[] = [
  {
    name: 'mobile-app',
    layers: [
      { name: 'API Server', shortname: 'api', instances: 6 },
      { name: 'Worker', shortname: 'worker', instances: 4, stopped: 1 },
      { name: 'Monitoring', shortname: 'monitoring', instances: 0, shares: { layer: 'api', instances: 2 } },
    ],
  },
  {
    name: 'My Stack',
    layers: [
      { name: 'my layer', shortname: 'my-layer', instances: 3 },
      { name: 'superduper', shortname: 'superduper', instances: 2, stopped: 1 },
    ],
  },
  {
    name: 'legacy',
    layers: [
      { name: 'Web', shortname: 'web', instances: 2, auto_scaling_group: 'legacy-web' },
      { name: 'Cache', shortname: 'cache', instances: 2, root_device: 'instance-store' },
    ],
  },
];

/** A stack as it was added, with the ids of everything in it. */
export interface AddedStack {
  readonly stack: Stack;
  readonly layers: readonly Layer[];
  readonly instances: readonly StackInstance[];
}

export function seedStacks(world: World, seed: number): void {
  // A sequence of its own: the ids of the rest of the seed stay what they are without stacks.
  const random = createRandom(seed + 0x5eed);
  for (const plan of STACKS) addStack(world, plan, random);
}

/**
 * Adds a stack with its layers and instances, running and well for an hour, tagged and named as OpsWorks does it: with
 * "the opsworks:stack and opsworks:layer tags", `Name` being stack and host name. Throws `conflict` for a name that is
 * taken and where no addresses are left.
 */
export function addStack(world: World, plan: StackPlan, random?: Random): AddedStack {
  const { opsWorks } = world;
  if ([...opsWorks.stacks.values()].some(({ name }) => name === plan.name)) {
    throw new AppError('conflict', 'stack-exists', `There is a stack ${plan.name} already.`);
  }
  const subnets = subnetsOf(world);
  assertRoom(world, plan, subnets);
  world.profiles.add(EC2_ROLE);
  const [home] = subnets;
  if (home === undefined) throw new Error('the seed has subnets');
  const id = uuid(random);
  const stack: Stack = { id, name: plan.name, vpcId: home.vpcId, subnetId: home.id, zone: home.zone, createdAt: EPOCH };
  const layers = plan.layers.map(({ name, shortname }, index): Layer => {
    return { id: uuid(random), stackId: id, name, shortname, createdAt: EPOCH + (index + 1) * HOUR };
  });
  opsWorks.stacks.set(id, stack);
  for (const layer of layers) opsWorks.layers.set(layer.id, layer);

  const instances = plan.layers.flatMap((own) =>
    Array.from({ length: own.instances }, (_, index) => {
      const shared = plan.layers.filter(
        ({ shares }) => shares?.layer === own.shortname && index < (shares?.instances ?? 0),
      );
      const names = [own, ...shared].map(({ shortname }) => shortname);
      const entry: StackInstance = {
        id: uuid(random),
        stackId: id,
        layerIds: layers.filter(({ shortname }) => names.includes(shortname)).map((layer) => layer.id),
        hostname: `${own.shortname}${index + 1}`,
        ec2InstanceId: resourceId('i', random),
        createdAt: EPOCH + 24 * HOUR,
      };
      const subnet = subnets[index % subnets.length] ?? home;
      const tags = tagsOf(stack, [own, ...shared], entry.hostname);
      const instance = launch(world, { id: entry.ec2InstanceId, subnet, layer: own, tags, random });
      if (index >= own.instances - (own.stopped ?? 0)) shutDown(world, instance);
      opsWorks.add(entry);
      return entry;
    }),
  );
  return { stack, layers, instances };
}

function launch(
  world: World,
  plan: {
    readonly id: string;
    readonly subnet: Subnet;
    readonly layer: LayerPlan;
    readonly tags: Readonly<Record<string, string>>;
    readonly random: Random | undefined;
  },
): Instance {
  const { id, subnet, layer, random } = plan;
  const isStore = layer.root_device === 'instance-store';
  const image = isStore ? instanceStoreImage(world, random) : ebsImage(world);
  return addInstance(world, {
    ...seededPlan(world, image, subnet),
    id,
    reservationId: resourceId('r', random),
    instanceType: isStore ? 'm3.large' : 'm5.large',
    profileName: EC2_ROLE,
    instanceTags: new Map(Object.entries(plan.tags)),
    launchedAt: world.now() - HOUR - world.times.bootMs - world.times.checksMs - world.times.setupMs,
  });
}

function tagsOf(stack: Stack, layers: readonly LayerPlan[], hostname: string): Record<string, string> {
  const group = layers[0]?.auto_scaling_group;
  return {
    Name: `${stack.name} - ${hostname}`,
    'opsworks:stack': stack.name,
    ...Object.fromEntries(layers.map(({ name, shortname }) => [`opsworks:layer:${shortname}`, name])),
    'opsworks:instance': hostname,
    ...(group === undefined ? {} : { [GROUP_TAG]: group }),
  };
}

/** Half an hour ago. */
function shutDown(world: World, instance: Instance): void {
  const at = world.now() - HOUR / 2;
  instance.transitions = [
    ...instance.transitions,
    { at: at - world.times.stopMs, state: 'stopping' },
    { at, state: 'stopped' },
  ];
}

/** A stack lives in one network: the first that there is. */
function subnetsOf(world: World): Subnet[] {
  const all = [...world.subnets.values()];
  return all.filter(({ vpcId }) => vpcId === all[0]?.vpcId);
}

function assertRoom(world: World, plan: StackPlan, subnets: readonly Subnet[]): void {
  const wanted = Math.ceil(plan.layers.reduce((sum, layer) => sum + layer.instances, 0) / subnets.length) + 40;
  if (subnets.some((subnet) => world.addresses.room(subnet, wanted) < wanted)) {
    throw new AppError('conflict', 'no-room', 'The seeded subnets have no addresses left.');
  }
}

function ebsImage(world: World): Image {
  const image = [...world.images.values()].find((candidate) => candidate.tags.get('role') === 'web');
  if (image === undefined) throw new Error('the seed has an image for web');
  return image;
}

/** Made when the first instance needs it. */
function instanceStoreImage(world: World, random: Random | undefined): Image {
  const existing = [...world.images.values()].find((image) => image.rootDeviceType === 'instance-store');
  if (existing !== undefined) return existing;
  const image: Image = {
    ...ebsImage(world),
    id: resourceId('ami', random),
    order: world.nextOrder(),
    name: 'legacy-cache-instance-store',
    rootDeviceType: 'instance-store',
    tags: new Map(),
  };
  world.images.set(image.id, image);
  return image;
}
