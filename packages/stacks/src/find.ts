import { AppError } from '@quartermaster/foundation';
import type { Fleet, Layer, Stack, StackInstance } from './stack.js';

/**
 * The stack of this name, in any case where none has just this. Throws `not-found` `unknown-stack`, `conflict`
 * `ambiguous-name` where several differ from it in case only.
 */
export function findStack({ stacks }: Pick<Fleet, 'stacks'>, name: string): Stack {
  const found = pick('stack', name, stacks, ({ Name }) => Name);
  if (found !== undefined) return found;
  throw unknown(
    'stack',
    `There is no stack ${shown(name)}`,
    stacks.map((stack) => stack.Name),
  );
}

/**
 * The layer of this stack with this name or short name, in any case where none has just this. Throws `not-found`
 * `unknown-layer`, `conflict` `ambiguous-name`.
 */
export function findLayer({ layers }: Pick<Fleet, 'layers'>, stack: Stack, name: string): Layer {
  const own = layersOf({ layers }, stack);
  // A short name is a layer's own; a name need not be.
  const found =
    own.find(({ Shortname }) => Shortname === name) ??
    own.find(({ Name }) => Name === name) ??
    pick('layer', name, own, ({ Shortname }) => Shortname) ??
    pick('layer', name, own, ({ Name }) => Name);
  if (found !== undefined) return found;
  throw unknown(
    'layer',
    `The stack ${stack.Name} has no layer ${shown(name)}`,
    own.map((layer) => layer.Shortname),
  );
}

export function layersOf({ layers }: Pick<Fleet, 'layers'>, stack: Stack): Layer[] {
  return layers.filter((layer) => layer.StackId === stack.StackId);
}

/** In order of their host names. */
export function instancesOf({ instances }: Pick<Fleet, 'instances'>, layer: Layer): StackInstance[] {
  return inOrder(instances.filter((instance) => instance.LayerIds.includes(layer.LayerId)));
}

/**
 * The instance of this layer with this host name, in any case where none has just this, or with this number behind the
 * layer's short name (`3` is `api3`). Of several with one name, one that is not going away. Throws `not-found`
 * `unknown-instance`, `conflict` `ambiguous-name`.
 */
export function findInstance(fleet: Pick<Fleet, 'instances'>, layer: Layer, hostname: string): StackInstance {
  const own = instancesOf(fleet, layer);
  const numbered = /^\d+$/.test(hostname) ? `${layer.Shortname}${hostname}` : undefined;
  const found = findNamed(own, hostname) ?? (numbered === undefined ? undefined : findNamed(own, numbered));
  if (found !== undefined) return found;
  const what = `The layer ${layer.Shortname} has no instance ${shown(hostname)}`;
  throw unknown(
    'instance',
    what,
    own.map((instance) => instance.Hostname),
  );
}

/** By host name as people count: api2 before api10. */
export function inOrder(instances: readonly StackInstance[]): StackInstance[] {
  return [...instances].sort((a, b) => byName(a.Hostname, b.Hostname) || byName(a.InstanceId, b.InstanceId));
}

const collator = new Intl.Collator('en', { numeric: true });

export function byName(a: string, b: string): number {
  return collator.compare(a, b);
}

function findNamed(instances: readonly StackInstance[], hostname: string): StackInstance | undefined {
  const exact = instances.filter((instance) => hostnameOf(instance) === hostname);
  const called = exact.length > 0 ? exact : instances;
  // Its successor may have the name already.
  const staying = called.filter(({ Status }) => Status !== 'terminating' && Status !== 'terminated');
  return pick('instance', hostname, staying, hostnameOf) ?? pick('instance', hostname, called, hostnameOf);
}

const hostnameOf = ({ Hostname }: StackInstance): string => Hostname;

/** The one that is called just so, else the one that is in another case; which of several is meant, nobody can tell. */
function pick<T>(kind: string, asked: string, among: readonly T[], nameOf: (one: T) => string): T | undefined {
  const called = among.filter((one) => nameOf(one).toLowerCase() === asked.toLowerCase());
  const exact = called.find((one) => nameOf(one) === asked);
  const names = new Set(called.map(nameOf));
  if (exact !== undefined || names.size < 2) return exact ?? called[0];
  const several = `Several ${kind}s are called ${shown(asked)} in other letter cases: ${list([...names])}.`;
  throw new AppError('conflict', 'ambiguous-name', `${several} Write the name as it is.`);
}

/** Names that an answer lists at most. */
const LISTED = 20;

function unknown(kind: string, what: string, known: readonly string[]): AppError {
  const there = known.length === 0 ? 'there is none' : `there are ${list(known)}`;
  return new AppError('not-found', `unknown-${kind}`, `${what}; ${there}.`);
}

function list(names: readonly string[]): string {
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return names.slice(0, LISTED).join(', ') + more;
}

function shown(name: string): string {
  return name.replace(/\p{Cc}/gu, ' ').slice(0, 80);
}
