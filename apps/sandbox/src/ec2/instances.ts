import { defineAction } from './action.js';
import { assertWellFormed, Ec2Error, invalidValue, missingParameter } from './errors.js';
import { applyFilters, filterShape, type FilterTable } from './filters.js';
import { profileArn, reservationsXml, rootDeviceType, STATE_CODES, stateXml } from './instance-xml.js';
import { publicIpOf } from './lifecycle.js';
import type { Instance } from './model.js';
import { takePage } from './paging.js';
import type { World } from './world.js';

const ids = { list: 'string' } as const;

/** "You can specify up to 1000 instances" (TerminateInstances). */
const MAX_IDS = 1000;

/** A terminated instance has no network left and passes no filter on it. */
function filterTable(world: World): FilterTable<Instance> {
  const network =
    (read: (instance: Instance) => readonly (string | undefined)[]) =>
    (instance: Instance): readonly (string | undefined)[] =>
      world.stateOf(instance) === 'terminated' ? [] : read(instance);
  const groupIds = network((instance) => instance.groupIds);
  const groupNames = network((instance) => instance.groupIds.map((id) => world.groups.get(id)?.name));
  return {
    'instance-id': (instance) => [instance.id],
    'instance-state-code': (instance) => [String(STATE_CODES[world.stateOf(instance)])],
    'instance-state-name': (instance) => [world.stateOf(instance)],
    'client-token': (instance) => [instance.clientToken],
    'reservation-id': (instance) => [instance.reservationId],
    'image-id': (instance) => [instance.image.id],
    'instance-type': (instance) => [instance.instanceType],
    'root-device-type': (instance) => [rootDeviceType(instance.image)],
    'key-name': (instance) => [instance.keyName],
    'availability-zone': (instance) => [instance.subnet.zone],
    'iam-instance-profile.arn': (instance) => [
      instance.profileName === undefined ? undefined : profileArn(world, instance.profileName),
    ],
    'subnet-id': network((instance) => [instance.subnet.id]),
    'vpc-id': network((instance) => [instance.subnet.vpcId]),
    'private-ip-address': network((instance) => [instance.privateIp]),
    'ip-address': network((instance) => [publicIpOf(world, instance)]),
    'instance.group-id': groupIds,
    'instance.group-name': groupNames,
    'network-interface.group-id': groupIds,
    'network-interface.group-name': groupNames,
    'network-interface.subnet-id': network((instance) => [instance.subnet.id]),
    'network-interface.vpc-id': network((instance) => [instance.subnet.vpcId]),
  };
}

export const describeInstances = defineAction(
  {
    InstanceId: ids,
    Filter: filterShape,
    MaxResults: 'integer',
    NextToken: 'string',
    IncludeManagedResources: 'boolean',
  },
  (parameters, { world }) => {
    const wanted = parameters.InstanceId ?? [];
    for (const [value, name] of [
      [parameters.MaxResults, 'maxResults'],
      [parameters.NextToken, 'nextToken'],
    ] as const) {
      if (wanted.length > 0 && value !== undefined) {
        throw new Ec2Error(
          'InvalidParameterCombination',
          `The parameter instancesSet cannot be used with the parameter ${name}`,
        );
      }
    }
    const candidates = wanted.length > 0 ? world.findInstances([...new Set(wanted)]) : world.knownInstances();
    const matching = applyFilters(candidates, parameters.Filter, filterTable(world));
    if (wanted.length > 0) return { reservationSet: reservationsXml(world, matching) };
    const page = takePage('DescribeInstances', matching, parameters);
    return { reservationSet: reservationsXml(world, page.items), nextToken: page.nextToken };
  },
);

export const terminateInstances = defineAction({ InstanceId: ids }, (parameters, call) => {
  const { world } = call;
  const wanted = [...new Set(parameters.InstanceId ?? [])];
  if (wanted.length === 0) throw missingParameter('InstanceId');
  if (wanted.length > MAX_IDS) throw invalidValue(`The maximum number of instance IDs is ${MAX_IDS}.`);
  const instances = world.findInstances(wanted);
  call.proceed();

  // "If you terminate multiple instances across multiple Availability Zones, and one or more are enabled for termination
  // protection": those in the zone of a protected one stay, the others go, and the request fails all the same.
  const guarded = instances.filter((instance) => instance.terminationProtected && !isLeaving(world, instance));
  const spared = new Set(guarded.map((instance) => instance.subnet.zone));
  const changes = instances
    .filter((instance) => !spared.has(instance.subnet.zone))
    .map((instance) => ({ instance, previous: world.stateOf(instance), changes: !isLeaving(world, instance) }));
  const stopped = changes.filter((change) => change.changes).map((change) => change.instance);
  for (const instance of stopped) {
    world.terminate(instance);
    call.cloudInit.stop(instance);
    call.autoScaling.lost(instance);
  }
  if (stopped.length > 0) call.record({ instance_ids: stopped.map((instance) => instance.id) });

  const [first] = guarded;
  if (first !== undefined) {
    throw new Ec2Error(
      'OperationNotPermitted',
      `The instance '${first.id}' may not be terminated. ` +
        "Modify its 'disableApiTermination' instance attribute and try again.",
    );
  }
  return {
    instancesSet: changes.map(({ instance, previous }) => ({
      instanceId: instance.id,
      currentState: stateXml(world.stateOf(instance)),
      previousState: stateXml(previous),
    })),
  };
});

function isLeaving(world: World, instance: Instance): boolean {
  const state = world.stateOf(instance);
  return state === 'shutting-down' || state === 'terminated';
}

const ATTRIBUTES = ['disableApiTermination', 'instanceType', 'userData', 'instanceInitiatedShutdownBehavior'] as const;

export const describeInstanceAttribute = defineAction(
  { InstanceId: 'string', Attribute: 'string' },
  ({ InstanceId: id, Attribute: attribute }, { world }) => {
    if (id === undefined) throw missingParameter('instanceId');
    if (attribute === undefined) throw missingParameter('attribute');
    const known = ATTRIBUTES.find((name) => name === attribute);
    if (known === undefined) {
      throw invalidValue(`Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`);
    }
    const instance = findOne(world, id);
    const value = {
      disableApiTermination: instance.terminationProtected,
      instanceType: instance.instanceType,
      userData: instance.userData?.toString('base64'),
      instanceInitiatedShutdownBehavior: instance.shutdownBehavior,
    }[known];
    return { instanceId: id, [known]: value === undefined ? {} : { value } };
  },
);

export const modifyInstanceAttribute = defineAction(
  {
    InstanceId: 'string',
    Attribute: 'string',
    Value: 'string',
    DisableApiTermination: { fields: { Value: 'boolean' } },
  },
  (parameters, call) => {
    const { InstanceId: id, Attribute: attribute, Value: text, DisableApiTermination: change } = parameters;
    if (id === undefined) throw missingParameter('instanceId');
    if (attribute !== undefined && attribute !== 'disableApiTermination') {
      throw invalidValue(`Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`);
    }
    if (attribute !== undefined && change !== undefined) {
      throw new Ec2Error('InvalidParameterCombination', 'Fields for multiple attribute types specified');
    }
    const wanted = change?.Value ?? (attribute === undefined ? undefined : readBoolean(text));
    if (wanted === undefined) {
      throw new Ec2Error('InvalidParameterCombination', 'No attributes specified.');
    }
    const instance = findOne(call.world, id);
    if (call.world.stateOf(instance) === 'terminated') {
      throw new Ec2Error('IncorrectInstanceState', `The instance '${id}' is not in a valid state for this operation.`);
    }
    call.proceed();
    if (instance.terminationProtected !== wanted) {
      instance.terminationProtected = wanted;
      call.record({ instance_id: id, disable_api_termination: wanted });
    }
    return { return: true };
  },
);

function readBoolean(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (text !== 'true' && text !== 'false')
    throw invalidValue(`Invalid value '${text}' for value. It must be a boolean`);
  return text === 'true';
}

function findOne(world: World, id: string): Instance {
  assertWellFormed('i-', [id]);
  const [instance] = world.findInstances([id]);
  if (instance === undefined) throw new Error('findInstances answers every id or throws');
  return instance;
}
