import { createHash } from 'node:crypto';
import { resourceId } from '../random.js';
import { defineAction, type Call } from './action.js';
import { Ec2Error } from './errors.js';
import { reservationXml } from './instance-xml.js';
import { checkLaunch, launchShape, type LaunchParameters, type LaunchRequest } from './launch-request.js';
import type { Instance } from './model.js';
import type { World } from './world.js';

/** "Ensuring idempotency in Amazon EC2 API requests". */
const TOKEN_LIMIT = 64;

export const runInstances = defineAction(launchShape, (parameters, call) => {
  const token = readToken(parameters.ClientToken);
  const fingerprint = fingerprintOf(parameters);
  const key = token === undefined ? undefined : `${token}@${scopeOf(call.world, parameters)}`;
  const used = key === undefined ? undefined : call.world.tokens.get(key);
  if (used !== undefined) return repeat(call.world, used, fingerprint);

  const request = checkLaunch(call.world, parameters);
  const count = assertRoom(call, request);
  call.proceed();
  const instances = launch(call, request, count, token);
  if (key !== undefined) call.world.tokens.set(key, { fingerprint, instances });
  call.record({
    instance_ids: instances.map((instance) => instance.id),
    reservation_id: instances[0]?.reservationId,
    client_token: token,
    image_id: request.image.id,
    instance_type: request.instanceType,
    subnet_id: request.subnet.id,
    security_group_ids: request.groups.map((group) => group.id),
    tags: Object.fromEntries(request.instanceTags),
  });
  for (const instance of instances) call.cloudInit.start(instance);
  return reservationXml(call.world, instances);
});

function readToken(token: string | undefined): string | undefined {
  if (token === undefined || token === '') return undefined;
  if (token.length > TOKEN_LIMIT || !/^[\x20-\x7e]+$/.test(token)) {
    throw new Ec2Error(
      'InvalidClientToken',
      `The specified client token is not valid: it must have up to ${TOKEN_LIMIT} ASCII characters.`,
    );
  }
  return token;
}

/** A named zone or subnet makes a token count within that zone only; otherwise it counts in the whole region. */
function scopeOf(world: World, parameters: LaunchParameters): string {
  const subnet = world.subnets.get(parameters.SubnetId ?? '');
  return subnet?.zone ?? parameters.Placement?.AvailabilityZone ?? world.region;
}

/** Everything but the token itself counts, user data included. */
function fingerprintOf({ ClientToken: _token, ...parameters }: LaunchParameters): string {
  const sorted = JSON.stringify(parameters, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(sorted).digest('hex');
}

function repeat(
  world: World,
  used: { readonly fingerprint: string; readonly instances: readonly Instance[] },
  fingerprint: string,
): ReturnType<typeof reservationXml> {
  if (used.fingerprint !== fingerprint) {
    throw new Ec2Error(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
  }
  if (used.instances.some((instance) => world.stateOf(instance) === 'terminated')) {
    throw new Ec2Error(
      'IdempotentInstanceTerminated',
      'The request to launch an instance uses the same client token as a previous request for which the instance has been ' +
        'terminated.',
    );
  }
  return reservationXml(world, used.instances);
}

/** How many can be launched now: as many as asked for, at least the minimum, or an error. */
function assertRoom({ world, faults, instanceLimit }: Call, request: LaunchRequest): number {
  if (faults.strike(['no-capacity'], 'ec2', 'RunInstances') !== undefined) {
    const others = [...new Set([...world.subnets.values()].map((subnet) => subnet.zone))].filter(
      (zone) => zone !== request.subnet.zone,
    );
    throw new Ec2Error(
      'InsufficientInstanceCapacity',
      `We currently do not have sufficient ${request.instanceType} capacity in the Availability Zone you requested ` +
        `(${request.subnet.zone}). Our system will be working on provisioning additional capacity. You can currently get ` +
        `${request.instanceType} capacity by not specifying an Availability Zone in your request or choosing ` +
        `${others.join(', ')}.`,
      500,
    );
  }
  const living = countLiving(world, instanceLimit - request.maxCount);
  if (instanceLimit - living < request.minCount) {
    throw new Ec2Error(
      'InstanceLimitExceeded',
      `You have requested more instances (${living + request.minCount}) than your current instance limit of ` +
        `${instanceLimit} allows for the specified instance type. ` +
        'Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.',
    );
  }
  const wanted = Math.min(request.maxCount, instanceLimit - living);
  const room = world.addresses.room(request.subnet, wanted);
  if (room < request.minCount) {
    throw new Ec2Error(
      'InsufficientFreeAddressesInSubnet',
      'The specified subnet does not have enough free addresses to satisfy the request.',
    );
  }
  return room;
}

/** Looks at each one only when the total could matter: big fleets are launched into often. */
function countLiving(world: World, enough: number): number {
  if (world.instances.size <= enough) return world.instances.size;
  return [...world.instances.values()].filter((instance) => world.stateOf(instance) !== 'terminated').length;
}

function launch(call: Call, request: LaunchRequest, count: number, token: string | undefined): Instance[] {
  const reservationId = resourceId('r');
  return Array.from({ length: count }, (_, launchIndex) => {
    const { world, faults } = call;
    const hiding = faults.strike(['not-found-first'], 'ec2', 'RunInstances');
    const now = world.now();
    return addInstance(world, {
      ...request,
      id: resourceId('i'),
      reservationId,
      launchIndex,
      clientToken: token,
      launchedAt: now,
      hiddenUntil: hiding?.ms === undefined ? 0 : now + hiding.ms,
      silent: faults.strike(['no-report'], 'ec2', 'RunInstances') !== undefined,
    });
  });
}

export type NewInstance = Omit<LaunchRequest, 'minCount' | 'maxCount'> &
  Pick<Instance, 'id' | 'reservationId' | 'launchIndex' | 'clientToken' | 'launchedAt' | 'hiddenUntil' | 'silent'>;

/** Puts an instance into the world, pending now and running after the boot time. */
export function addInstance(world: World, plan: NewInstance): Instance {
  const { root, groups, instanceTags, volumeTags, ...rest } = plan;
  const instance: Instance = {
    ...rest,
    order: world.nextOrder(),
    groupIds: groups.map((group) => group.id),
    tags: new Map(instanceTags),
    privateIp: world.addresses.take(plan.subnet, () => world.holdsInterface(instance)),
    publicIp: plan.subnet.mapsPublicIp ? world.addresses.takePublic() : undefined,
    interfaceId: resourceId('eni'),
    rootVolume: { id: resourceId('vol'), ...root, tags: new Map(volumeTags) },
    transitions: [
      { at: plan.launchedAt, state: 'pending' },
      { at: plan.launchedAt + world.times.bootMs, state: 'running' },
    ],
    cloudInit: { outcome: plan.silent ? 'silent' : 'not-started', fetchAttempts: 0, reportAttempts: 0 },
  };
  world.instances.set(instance.id, instance);
  return instance;
}
