import type { Change, RecordSet, RecordSetBody, Zone } from './model.js';
import { BadName, parseName, plainName, sortKey } from './names.js';

/** A record set as the control plane and the effects show it. */
export interface ShownSet {
  readonly name: string;
  readonly type: string;
  readonly ttl?: number;
  readonly values: readonly string[];
  readonly set_identifier?: string;
  readonly weight?: number;
  readonly alias?: { readonly zone_id: string; readonly name: string; readonly evaluate_target_health: boolean };
}

export function showSet(set: RecordSet): ShownSet {
  return { name: plainName(set.name.spelled), ...showBody(set) };
}

export function showChange({ action, set }: Change): ShownSet & { readonly action: string } {
  return { action, name: plainly(set.name), ...showBody(set) };
}

function showBody({ type, ttl, values, setIdentifier, weight, alias }: RecordSetBody): Omit<ShownSet, 'name'> {
  return {
    type,
    ...(ttl !== undefined && { ttl }),
    values,
    ...(setIdentifier !== undefined && { set_identifier: setIdentifier }),
    ...(weight !== undefined && { weight }),
    ...(alias !== undefined && {
      alias: {
        zone_id: alias.hostedZoneId,
        name: plainly(alias.dnsName),
        evaluate_target_health: alias.evaluateTargetHealth,
      },
    }),
  };
}

function plainly(name: string): string {
  try {
    return plainName(parseName(name).spelled);
  } catch (error) {
    if (error instanceof BadName) return name;
    throw error;
  }
}

/** Every record set in the order of ListResourceRecordSets. */
export function sortedSets(zone: Zone): readonly RecordSet[] {
  return [...zone.sets.values()]
    .flat()
    .map((set) => ({ set, key: placeOf(sortKey(set.name), set.type, set.setIdentifier) }))
    .sort((one, other) => comparePlaces(one.key, other.key))
    .map(({ set }) => set);
}

/** Where a record set stands in the list, or where a list is to begin. */
export type Place = readonly [name: string, type: string, identifier: string];

export function placeOf(name: string, type = '', identifier = ''): Place {
  return [name, type, identifier];
}

/** In ASCII order, not in that of any language. */
export function comparePlaces(one: Place, other: Place): number {
  for (const [index, part] of one.entries()) {
    const against = other[index] ?? '';
    if (part !== against) return part < against ? -1 : 1;
  }
  return 0;
}
