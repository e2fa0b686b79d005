import { AppError } from '@quartermaster/foundation';
import type { Layer, StackInstance } from '@quartermaster/stacks';
import type { TaskContext } from '../task-context.js';
import type { PlannedInstance, RestartFields, RestartFailure, Target } from './fields.js';
import { timeOf } from './follow.js';
import { windowSizeOf } from './limits.js';

/** The instances that a request means, in the order of the restart. */
export interface Chosen {
  readonly targets: readonly StackInstance[];
  /** Of the layer, and not online: left alone. */
  readonly ignored: readonly StackInstance[];
  /** Ids that were asked for and are not of the layer (any more). */
  readonly gone: readonly string[];
}

/** Ids of EC2 and of OpsWorks; anything else is a host name. */
const INSTANCE_ID = /^(i-[0-9a-f]{8,17}|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12})$/i;

/** Finds out what is to be done, and writes it into the record. Nothing outside is touched. */
export async function beginRestart(ctx: TaskContext<RestartFields>, now: number): Promise<void> {
  const { stack: stackName, layer: layerName, plan, instances: wanted, window } = ctx.record.fields;
  const isPlan = plan !== false;
  const { stack, layer } = await ctx.stacks.findLayer(stackName, layerName);
  const place = `${layer.Name} of ${stack.Name}`;
  if (!isPlan) await claimLayer(ctx, `${stack.StackId}/${layer.LayerId}`, place);
  const instances = await ctx.stacks.listInstances(layer);
  const chosen = chooseTargets(instances, wanted, layer);
  await refuseObstacles(ctx, chosen.targets, place);

  const online = instances.filter(({ Status }) => Status === 'online').length;
  const facts = {
    totalInstances: chosen.targets.length,
    windowSize: windowSizeOf(window, online),
    source: ctx.stacks.name,
    ...(chosen.gone.length === 0 ? {} : { instancesSkipped: chosen.gone.map((id) => skipped(id, now)) }),
  };
  if (isPlan) {
    await ctx.update({ ...facts, plan: chosen.targets.map(planned) });
    ctx.log.info(`Would restart ${countOf(chosen)} of ${place}, at most ${facts.windowSize} at a time`);
    return;
  }
  await ctx.update({ ...facts, targets: chosen.targets.map((instance) => targetOf(instance, wanted !== undefined)) });
  logChosen(ctx, chosen, place, facts.windowSize);
}

/**
 * The instances that are online, in order of their host names; where some are named (host name, number of a host name or
 * id), those, whatever they are. Throws `unprocessable` `unknown-instance` for a host name that the layer does not have.
 */
export function chooseTargets(
  instances: readonly StackInstance[],
  wanted: readonly string[] | undefined,
  layer: Pick<Layer, 'Name' | 'Shortname'>,
): Chosen {
  const known = instances.filter(({ Status }) => Status !== 'terminated').sort(byHostname);
  if (wanted === undefined) {
    const isOnline = ({ Status }: StackInstance): boolean => Status === 'online';
    return { targets: known.filter(isOnline), ignored: known.filter((one) => !isOnline(one)), gone: [] };
  }
  const isMeant = (instance: StackInstance): boolean => wanted.some((name) => isNamed(instance, name, layer));
  const missing = wanted.filter((name) => !known.some((instance) => isNamed(instance, name, layer)));
  const misnamed = missing.filter((name) => !INSTANCE_ID.test(name));
  if (misnamed.length > 0) {
    throw new AppError('unprocessable', 'unknown-instance', `${layer.Name} has no ${misnamed.join(', ')}.`);
  }
  return { targets: known.filter(isMeant), ignored: [], gone: missing };
}

function isNamed(
  { Hostname, InstanceId, Ec2InstanceId }: StackInstance,
  name: string,
  { Shortname }: Pick<Layer, 'Shortname'>,
): boolean {
  const sought = name.toLowerCase();
  const numbered = /^\d+$/.test(sought) ? `${Shortname}${sought}`.toLowerCase() : sought;
  const names = [Hostname, InstanceId, Ec2InstanceId].map((one) => one?.toLowerCase());
  return names.includes(sought) || names[0] === numbered;
}

function byHostname(a: StackInstance, b: StackInstance): number {
  return a.Hostname.localeCompare(b.Hostname, 'en', { numeric: true }) || (a.InstanceId < b.InstanceId ? -1 : 1);
}

/** By ids, as the source tells them: so other spellings of a name meet. */
async function claimLayer(ctx: TaskContext<RestartFields>, name: string, place: string): Promise<void> {
  try {
    await ctx.claim(name);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'claimed') throw error;
    const message = `Nothing of ${place} was touched, as another restart is at it: ${error.message}`;
    throw new AppError('conflict', 'claimed', message, { cause: error });
  }
}

async function refuseObstacles(
  ctx: TaskContext<RestartFields>,
  targets: readonly StackInstance[],
  place: string,
): Promise<void> {
  const obstacles = await ctx.stacks.findObstacles(targets);
  if (obstacles.length === 0) return;
  const named = obstacles.map(({ instance, reason }) => `${instance.Hostname} ${reason}`).join('; ');
  throw new AppError('unprocessable', 'not-restartable', `Nothing of ${place} was touched: ${named}.`);
}

function targetOf({ Hostname, InstanceId, Status }: StackInstance, isNamed: boolean): Target {
  const repair = isNamed ? { repair: true as const } : {};
  return { Hostname, InstanceId, ...repair, phase: 'waiting', status: Status, looks: 0, moved: false, spentMs: 0 };
}

function planned({ Hostname, InstanceId, Status }: StackInstance, index: number): PlannedInstance {
  return { position: index + 1, Hostname, InstanceId, Status };
}

function skipped(id: string, now: number): RestartFailure {
  return { Hostname: id, InstanceId: id, timestamp: timeOf(now), reason: 'it is not there any more' };
}

function logChosen(ctx: TaskContext<RestartFields>, chosen: Chosen, place: string, windowSize: number): void {
  const { targets, ignored, gone } = chosen;
  for (const id of gone) ctx.log.warn(`${id} is not there any more: left out`);
  for (const { Hostname, Status } of ignored) ctx.log.info(`${Hostname} is ${Status}: left alone`);
  if (targets.length === 0) return ctx.log.info(`Nothing of ${place} is online: nothing to restart`);
  const order = targets.map(({ Hostname }) => Hostname).join(', ');
  ctx.log.info(`Restarting ${countOf(chosen)} of ${place}, at most ${windowSize} at a time: ${order}`);
}

function countOf({ targets }: Chosen): string {
  return targets.length === 1 ? '1 instance' : `${targets.length} instances`;
}
