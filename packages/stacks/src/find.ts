import { AppError } from '@quartermaster/foundation';
import type { Fleet, Layer, Stack, StackInstance } from './stack.js';

/** The stack of this name, in any case. Throws `not-found` `unknown-stack`. */
export function findStack({ stacks }: Pick<Fleet, 'stacks'>, name: string): Stack {
  const found = stacks.find((stack) => isCalled(stack.Name, name));
  if (found !== undefined) return found;
  throw unknown(
    'stack',
    `There is no stack ${shown(name)}`,
    stacks.map((stack) => stack.Name),
  );
}

/** The layer of this stack with this name or short name, in any case. Throws `not-found` `unknown-layer`. */
export function findLayer({ layers }: Pick<Fleet, 'layers'>, stack: Stack, name: string): Layer {
  const own = layersOf({ layers }, stack);
  // A short name is a layer's own; a name need not be.
  const found = own.find((layer) => isCalled(layer.Shortname, name)) ?? own.find((layer) => isCalled(layer.Name, name));
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
 * The instance of this layer with this host name, in any case, or with this number behind the layer's short name (`3` is
 * `api3`). Throws `not-found` `unknown-instance`.
 */
export function findInstance(fleet: Pick<Fleet, 'instances'>, layer: Layer, hostname: string): StackInstance {
  const own = instancesOf(fleet, layer);
  const numbered = /^\d+$/.test(hostname) ? `${layer.Shortname}${hostname}` : undefined;
  const found =
    own.find((instance) => isCalled(instance.Hostname, hostname)) ??
    own.find((instance) => numbered !== undefined && isCalled(instance.Hostname, numbered));
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

function isCalled(name: string, asked: string): boolean {
  return name.toLowerCase() === asked.toLowerCase();
}

/** Names that an answer lists at most. */
const LISTED = 20;

function unknown(kind: string, what: string, known: readonly string[]): AppError {
  const names = known.slice(0, LISTED).join(', ');
  const more = known.length > LISTED ? ` and ${known.length - LISTED} more` : '';
  const there = known.length === 0 ? 'there is none' : `there are ${names}${more}`;
  return new AppError('not-found', `unknown-${kind}`, `${what}; ${there}.`);
}

function shown(name: string): string {
  return name.replace(/\p{Cc}/gu, ' ').slice(0, 80);
}
