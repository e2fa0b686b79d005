import type { StackSource } from '@quartermaster/stacks';
import type { TaskStacks } from '@quartermaster/tasks';

/** A source of stacks with what tasks ask for most. */
export function createTaskStacks(source: StackSource): TaskStacks {
  return {
    name: source.name,
    loadFleet: () => source.loadFleet(),
    findLayer: (stack, layer) => source.findLayer(stack, layer),
    listInstances: (layer) => source.listInstances(layer),
    findInstances: (ids) => source.findInstances(ids),
    findObstacles: (instances) => source.findObstacles(instances),
    stopInstance: (id, guard) => source.stopInstance(id, guard),
    startInstance: (id, guard) => source.startInstance(id, guard),
    instances: async (stack, layer) => source.listInstances((await source.findLayer(stack, layer)).layer),
    instance: async (id) => (await source.findInstances([id]))[0],
  };
}
