import type { Records } from '../records.js';
import { resourceId } from '../random.js';
import type { Instance } from './model.js';
import { addInstance } from './run-instances.js';
import type { World } from './world.js';

/** The tag that Auto Scaling sets; users may not set tags that begin with `aws:`. */
export const GROUP_TAG = 'aws:autoscaling:groupName';

export interface AutoScalingOptions {
  readonly world: () => World;
  readonly records: Records;
}

/** What Auto Scaling does by itself: an instance of a group that no longer runs is replaced. */
export interface AutoScaling {
  /** The instance was told to stop or to terminate. Nothing happens to one that belongs to no group. */
  lost(instance: Instance): void;
  stopAll(): void;
}

/**
 * Plays "Health checks for instances in an Auto Scaling group": an instance that is not `running` is unhealthy, is
 * terminated and replaced. Here that takes as long as a stop (real groups: a minute or more).
 */
export function createAutoScaling({ world: currentWorld, records }: AutoScalingOptions): AutoScaling {
  const waiting = new Map<string, NodeJS.Timeout>();

  function replace(instance: Instance, group: string): void {
    const world = currentWorld();
    waiting.delete(instance.id);
    if (world.instances.get(instance.id) !== instance) return;
    if (!['shutting-down', 'terminated'].includes(world.stateOf(instance))) world.terminate(instance);
    // A group whose subnet is full waits for a better day.
    if (world.addresses.room(instance.subnet, 1) < 1) return;
    const launched = launchAlike(world, instance);
    const entry = world.opsWorks.replace(instance.id, launched.id);
    records.addEffect('autoscaling', 'ReplaceInstance', '-', {
      auto_scaling_group: group,
      terminated_instance_id: instance.id,
      launched_instance_id: launched.id,
      hostname: entry?.hostname ?? null,
    });
  }

  return {
    lost(instance) {
      const group = instance.tags.get(GROUP_TAG);
      if (group === undefined || waiting.has(instance.id)) return;
      const timer = setTimeout(() => replace(instance, group), currentWorld().times.stopMs);
      // A group that waits must not keep the process alive.
      timer.unref();
      waiting.set(instance.id, timer);
    },
    stopAll() {
      for (const timer of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}

/** As the group's launch template would have it: like the one that it replaces, under a new id. */
function launchAlike(world: World, instance: Instance): Instance {
  const groups = instance.groupIds.flatMap((id) => world.groups.get(id) ?? []);
  const { sizeGb, type, deleteOnTermination } = instance.rootVolume;
  return addInstance(world, {
    ...instance,
    id: resourceId('i'),
    reservationId: resourceId('r'),
    launchIndex: 0,
    groups,
    root: { sizeGb, type, deleteOnTermination },
    instanceTags: instance.tags,
    volumeTags: instance.rootVolume.tags,
    clientToken: undefined,
    launchedAt: world.now(),
    hiddenUntil: 0,
    silent: true,
  });
}
