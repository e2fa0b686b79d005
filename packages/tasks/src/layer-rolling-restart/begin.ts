import { AppError } from '@quartermaster/foundation';
import type { Layer, Stack, StackInstance } from '@quartermaster/stacks';
import type { TaskContext } from '../task-context.js';
import type { PlannedInstance, RestartFields, RestartFailure, Target } from './fields.js';
import { timeOf } from './follow.js';
import { windowSizeOf } from './limits.js';
import { fitsRecord } from './record-size.js';
import { readState } from './record-state.js';

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
  const { plan, instances: wanted, window } = ctx.record.fields;
  const isPlan = plan !== false;
  const { stack, layer } = await ctx.stacks.findLayer(ctx.record.fields.stack, ctx.record.fields.layer);
  await writeNames(ctx, stack, layer);
  const place = `${layer.Name} of ${stack.Name}`;
  if (!isPlan) await claimLayer(ctx, claimOf(stack, layer.LayerId), place, 'it');
  const instances = await ctx.stacks.listInstances(layer);
  const chosen = chooseTargets(instances, wanted, layer);
  await refuseObstacles(ctx, chosen.targets, place);
  if (!isPlan) await claimSharing(ctx, { stack, layer, place }, chosen.targets);

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
  const targets = chosen.targets.map((instance) => targetOf(instance, wanted !== undefined));
  const begun = { ...ctx.record.fields, ...facts, targets };
  const state = readState(begun, ctx.pollMs);
  if (state !== undefined && !fitsRecord(begun, state)) {
    const message = `Nothing of ${place} was touched: ${countOf(chosen)} are more than one record can tell of. Name some of them in "instances".`;
    throw new AppError('unprocessable', 'too-many-instances', message);
  }
  await ctx.update({ ...facts, targets });
  logChosen(ctx, chosen, place, facts.windowSize);
}

/**
 * The instances that are online, in order of their host names; where some are named (host name, number of a host name or
 * id), those, whatever they are. Throws `unprocessable` `unknown-instance` for a host name that the layer does not have,
 * and `ambiguous-name` for one that is there in other letter cases only, in several.
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
  const find = indexNames(known, layer);
  const meant = new Set(wanted.flatMap(find));
  const missing = wanted.filter((name) => find(name).length === 0);
  const misnamed = missing.filter((name) => !INSTANCE_ID.test(name));
  if (misnamed.length > 0) {
    throw new AppError('unprocessable', 'unknown-instance', `${layer.Name} has no ${misnamed.join(', ')}.`);
  }
  return { targets: known.filter((instance) => meant.has(instance)), ignored: [], gone: missing };
}

/** Finds by host name, number or id; in any case where nothing has just this name. */
function indexNames(
  known: readonly StackInstance[],
  { Name, Shortname }: Pick<Layer, 'Name' | 'Shortname'>,
): (name: string) => readonly StackInstance[] {
  const exact = new Map<string, StackInstance[]>();
  const folded = new Map<string, StackInstance[]>();
  const add = (index: typeof exact, name: string, one: StackInstance): void =>
    void index.set(name, [...(index.get(name) ?? []), one]);
  for (const one of known) {
    const names = new Set([one.Hostname, one.InstanceId, one.Ec2InstanceId].flatMap((name) => name ?? []));
    for (const name of names) add(exact, name, one);
    for (const name of new Set([...names].map((each) => each.toLowerCase()))) add(folded, name, one);
  }
  return (name) => {
    const names = /^\d+$/.test(name) ? [name, `${Shortname}${name}`] : [name];
    const found = names.flatMap((each) => exact.get(each) ?? []);
    if (found.length > 0) return found;
    const alike = names.flatMap((each) => folded.get(each.toLowerCase()) ?? []);
    const hostnames = [...new Set(alike.map(({ Hostname }) => Hostname))];
    if (hostnames.length < 2) return alike;
    const message = `${Name} has several called ${name} in other letter cases: ${hostnames.join(', ')}.`;
    throw new AppError('unprocessable', 'ambiguous-name', message);
  };
}

function byHostname(a: StackInstance, b: StackInstance): number {
  return a.Hostname.localeCompare(b.Hostname, 'en', { numeric: true }) || (a.InstanceId < b.InstanceId ? -1 : 1);
}

/** As the source has them, so that the record is found by them however they were written in the request. */
async function writeNames(ctx: TaskContext<RestartFields>, { Name }: Stack, { Shortname }: Layer): Promise<void> {
  const { stack, layer } = ctx.record.fields;
  if (stack !== Name || layer !== Shortname) await ctx.update({ stack: Name, layer: Shortname });
}

/** By ids, as the source tells them: so other spellings of a name meet. */
function claimOf({ StackId }: Stack, layerId: string): string {
  return `${StackId}/${layerId}`;
}

interface Place {
  readonly stack: Stack;
  readonly layer: Layer;
  readonly place: string;
}

/**
 * An instance may be of several layers: while it is restarted none of them is, else it would be stopped twice and theirs
 * would have more down than their window.
 */
async function claimSharing(
  ctx: TaskContext<RestartFields>,
  { stack, layer, place }: Place,
  targets: readonly StackInstance[],
): Promise<void> {
  const others = new Set(targets.flatMap(({ LayerIds }) => LayerIds));
  others.delete(layer.LayerId);
  for (const id of [...others].sort()) {
    const shared = targets.filter(({ LayerIds }) => LayerIds.includes(id));
    await claimLayer(
      ctx,
      claimOf(stack, id),
      place,
      async () => `${await layerName(ctx, id)}, which has ${some(shared)} too`,
    );
  }
}

/** For people; where the source can not be asked, its id must do. */
async function layerName({ stacks }: TaskContext<RestartFields>, id: string): Promise<string> {
  const fleet = await stacks.loadFleet().catch(() => undefined);
  return `the layer ${fleet?.layers.find(({ LayerId }) => LayerId === id)?.Name ?? id}`;
}

const NAMED = 3;

function some(instances: readonly StackInstance[]): string {
  const names = instances.slice(0, NAMED).map(({ Hostname }) => Hostname);
  return names.join(', ') + (instances.length > NAMED ? ` and ${instances.length - NAMED} more` : '');
}

async function claimLayer(
  ctx: TaskContext<RestartFields>,
  name: string,
  place: string,
  what: string | (() => Promise<string>),
): Promise<void> {
  try {
    await ctx.claim(name);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'claimed') throw error;
    const named = typeof what === 'string' ? what : await what();
    const message = `Nothing of ${place} was touched, as another restart is at ${named}: ${error.message}`;
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
