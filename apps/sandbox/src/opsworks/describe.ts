import type { World } from '../ec2/world.js';
import type { StackInstance } from './account.js';
import { defineAction } from './action.js';
import { resourceNotFound, validation } from './errors.js';
import { instanceJson, layerJson, stackJson } from './json.js';
import type { Parameters } from './parameters.js';

/** None of these has pages: OpsWorks answers everything at once. */
export const describeStacks = defineAction({ StackIds: 'strings' }, ({ StackIds: ids }, { world }) => {
  const stacks = ids === undefined ? [...world.opsWorks.stacks.values()] : pick(world.opsWorks.stacks, ids);
  return { Stacks: stacks.map((stack) => stackJson(world, stack)) };
});

export const describeLayers = defineAction(
  { StackId: 'string', LayerIds: 'strings' },
  ({ StackId: stackId, LayerIds: ids }, { world }) => {
    const { layers } = world.opsWorks;
    if ((stackId === undefined) === (ids === undefined)) {
      throw validation('Please provide one or more layer IDs or a stack ID');
    }
    if (stackId !== undefined) assertStack(world, stackId);
    const found =
      ids === undefined ? [...layers.values()].filter((layer) => layer.stackId === stackId) : pick(layers, ids);
    return { Layers: found.map((layer) => layerJson(world, layer)) };
  },
);

const oneOf = { StackId: 'string', LayerId: 'string', InstanceIds: 'strings' } as const;

export const describeInstances = defineAction(oneOf, (parameters, { world }) => {
  if (Object.values(parameters).filter((value) => value !== undefined).length !== 1) {
    throw validation('Please provide either one or more instance ID or one stack ID or one layer ID');
  }
  return { Instances: findInstances(world, parameters).map((instance) => instanceJson(world, instance)) };
});

function findInstances(
  world: World,
  { StackId: stackId, LayerId: layerId, InstanceIds: ids = [] }: Parameters<typeof oneOf>,
): StackInstance[] {
  const { instances, layers } = world.opsWorks;
  if (stackId !== undefined) {
    assertStack(world, stackId);
    return [...instances.values()].filter((instance) => instance.stackId === stackId);
  }
  if (layerId !== undefined) {
    if (!layers.has(layerId)) throw resourceNotFound(`Unable to find layer with ID ${layerId}`);
    return [...instances.values()].filter((instance) => instance.layerIds.includes(layerId));
  }
  return pick(instances, ids);
}

function assertStack(world: World, id: string): void {
  if (!world.opsWorks.stacks.has(id)) throw resourceNotFound(`Unable to find stack with ID ${id}`);
}

/** All of these, or the ids that are not there. */
function pick<T>(items: ReadonlyMap<string, T>, ids: readonly string[]): T[] {
  const unknown = ids.filter((id) => !items.has(id));
  if (unknown.length > 0) throw resourceNotFound(unknown.join(', '));
  return [...new Set(ids)].flatMap((id) => items.get(id) ?? []);
}
