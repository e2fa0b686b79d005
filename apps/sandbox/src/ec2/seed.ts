import { createRandom, resourceId, type Random } from '../random.js';
import type { Image, Subnet } from './model.js';
import { addInstance, type NewInstance } from './run-instances.js';
import { addGroup } from './security-groups.js';
import type { World } from './world.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** The seed's calendar does not move, so that its ids, names and dates are the same on every day. */
export const EPOCH = Date.UTC(2026, 0, 5, 9, 30, 0);

const SITES = ['org', 'com', 'pro'] as const;
const ENVS = ['staging', 'prod'] as const;
const QUEUES = ['builds.linux', 'builds.docker', 'builds.mac', 'default'] as const;

export const SEEDED_KEY = 'quartermaster';
export const SEEDED_PROFILE = 'quartermaster-worker';
export const CANONICAL_ACCOUNT = '099720109477';

/** Fills an empty account: networks, images, and a few instances that no installation of ours made. */
export function seedWorld(world: World, seed: number, hasDefaultVpc: boolean): void {
  const random = createRandom(seed);
  world.keyPairs.add(SEEDED_KEY);
  world.profiles.add(SEEDED_PROFILE);
  seedNetworks(world, random, hasDefaultVpc);
  seedImages(world, random);
  seedFleet(world, 4, { random });
}

function seedNetworks(world: World, random: Random, hasDefaultVpc: boolean): void {
  const vpc = (name: string, cidr: string, isDefault: boolean): string => {
    const id = resourceId('vpc', random);
    world.vpcs.set(id, { id, order: world.nextOrder(), cidr, isDefault, tags: new Map([['Name', name]]) });
    addGroup(
      world,
      { name: 'default', description: 'default VPC security group', vpcId: id, tags: new Map() },
      { id: resourceId('sg', random) },
    );
    return id;
  };
  const subnet = (vpcId: string, zone: string, cidr: string, isDefault: boolean): void => {
    const id = resourceId('subnet', random);
    const plan = { id, order: world.nextOrder(), vpcId, zone: `${world.region}${zone}`, cidr, isDefault };
    world.subnets.set(id, { ...plan, mapsPublicIp: isDefault, tags: new Map() });
  };
  const standard = vpc('default', '172.31.0.0/16', hasDefaultVpc);
  subnet(standard, 'a', '172.31.0.0/20', hasDefaultVpc);
  subnet(standard, 'b', '172.31.16.0/20', hasDefaultVpc);
  const builders = vpc('builders', '10.20.0.0/16', false);
  subnet(builders, 'a', '10.20.0.0/18', false);
}

function seedImages(world: World, random: Random): void {
  const add = (name: string, day: number, tags: Readonly<Record<string, string>>, rest: Partial<Image> = {}): void => {
    const id = resourceId('ami', random);
    world.images.set(id, {
      id,
      order: world.nextOrder(),
      name,
      ownerId: world.accountId,
      isPublic: false,
      state: 'available',
      createdAt: EPOCH + day * DAY,
      architecture: 'x86_64',
      rootDeviceName: '/dev/sda1',
      rootSnapshotId: resourceId('snap', random),
      rootVolumeGb: 8,
      tags: new Map(Object.entries(tags)),
      ...rest,
    });
  };
  const stamp = (day: number): string => String(Math.floor((EPOCH + day * DAY) / 1000));

  add(`worker-linux-${stamp(0)}`, 0, { role: 'worker', active: 'false' });
  add(`worker-linux-${stamp(20)}`, 20, { role: 'worker', active: 'true' });
  add(`worker-linux-${stamp(41)}`, 41, { role: 'worker', active: 'true' });
  add(`worker-linux-${stamp(55)}`, 55, { role: 'worker' });
  add(`web-${stamp(10)}`, 10, { role: 'web', active: 'true' });
  add(`web-${stamp(30)}`, 30, { role: 'web', active: 'false' });
  add(`worker-arm-${stamp(44)}`, 44, { role: 'worker-arm', active: 'true' }, { architecture: 'arm64' });
  add(`worker-linux-${stamp(60)}`, 60, { role: 'worker-next', active: 'true' }, { state: 'pending' });
  // Not ours: whoever forgets to name the owner finds these too. Tags of other accounts are never seen.
  add(
    'ubuntu/images/hvm-ssd/ubuntu-noble-24.04-amd64-server-20260101',
    0,
    {},
    {
      ownerId: CANONICAL_ACCOUNT,
      isPublic: true,
    },
  );
  add(
    'al2023-ami-2023.6.20260101.0-kernel-6.1-x86_64',
    0,
    {},
    {
      ownerId: '137112412989',
      ownerAlias: 'amazon',
      isPublic: true,
      rootDeviceName: '/dev/xvda',
    },
  );
}

/**
 * Adds running instances that carry the fleet's tags but no mark of an installation, spread over subnets with room.
 * Returns their ids. `random` makes the ids repeatable; without it they are new each time.
 */
export function seedFleet(
  world: World,
  count: number,
  { random, tags = {} }: { readonly random?: Random; readonly tags?: Readonly<Record<string, string>> },
): string[] {
  const image = [...world.images.values()].find((candidate) => candidate.tags.get('role') === 'worker');
  if (image === undefined) throw new Error('the seed has an image for workers');
  return Array.from({ length: count }, (_, index) => {
    const subnet = roomiest(world, index);
    const id = resourceId('i', random);
    const site = SITES[index % SITES.length] ?? 'org';
    const env = ENVS[index % ENVS.length] ?? 'staging';
    const queue = QUEUES[index % QUEUES.length] ?? 'default';
    const launchedAt = world.now() - (index + 1) * MINUTE - world.times.bootMs - world.times.checksMs;
    addInstance(world, {
      ...seededPlan(world, image, subnet),
      id,
      reservationId: resourceId('r', random),
      instanceTags: new Map(
        Object.entries({
          Name: `worker-${site}-${env}-${queue}-${id.slice(2)}`,
          role: 'worker',
          site,
          env,
          queue,
          ...tags,
        }),
      ),
      launchedAt,
    });
    return id;
  });
}

/** What every seeded instance has in common. */
export function seededPlan(
  world: World,
  image: Image,
  subnet: Subnet,
): Omit<NewInstance, 'id' | 'reservationId' | 'instanceTags' | 'launchedAt'> {
  return {
    launchIndex: 0,
    image,
    instanceType: 'c3.2xlarge',
    subnet,
    groups: [...world.groups.values()].filter((group) => group.vpcId === subnet.vpcId && group.name === 'default'),
    keyName: SEEDED_KEY,
    profileName: undefined,
    clientToken: undefined,
    userData: undefined,
    metadata: { tokens: 'optional', hopLimit: 1, endpoint: 'enabled', ipv6: 'disabled', tags: 'disabled' },
    root: { sizeGb: image.rootVolumeGb, type: 'gp2', deleteOnTermination: true },
    volumeTags: new Map(),
    ebsOptimized: false,
    monitoring: false,
    terminationProtected: false,
    shutdownBehavior: 'stop',
    hiddenUntil: 0,
    silent: true,
  };
}

/** Small fleets are spread evenly; a big one goes where the addresses are. */
function roomiest(world: World, index: number): Subnet {
  const subnets = [...world.subnets.values()];
  const next = subnets[index % subnets.length];
  const big = subnets.at(-1);
  if (next === undefined || big === undefined) throw new Error('the seed has subnets');
  return index < 3000 ? next : big;
}
