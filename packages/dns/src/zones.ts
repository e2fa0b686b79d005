import { liesIn, parseHostname } from './hostname.js';
import type { Zone } from './record.js';

/** `undefined`: no zone holds the name. `problem`: there is a choice that only the user can make, or a wrong one made. */
export type ChosenZone = { readonly zone: Zone } | { readonly problem: string } | undefined;

/**
 * The zone that a host name's record belongs to: the one with the longest name that the host name ends in, a private one
 * before a public one of the same name. `wanted` is a zone's name or id (with or without `/hostedzone/`) and narrows the
 * choice. Several of one name and kind (private zones of different networks) are never guessed between.
 */
export function chooseZone(zones: readonly Zone[], hostname: string, wanted?: string): ChosenZone {
  if (wanted !== undefined && wanted !== '') return chooseWanted(zones, hostname, wanted);
  return chooseLongest(zones.filter((zone) => liesIn(hostname, zone.name)));
}

function chooseWanted(zones: readonly Zone[], hostname: string, wanted: string): ChosenZone {
  const id = wanted.replace(/^\/?hostedzone\//, '');
  const name = parseHostname(wanted);
  const byId = zones.filter((zone) => zone.id === id);
  const named = byId.length > 0 ? byId : zones.filter((zone) => 'hostname' in name && zone.name === name.hostname);
  const [first] = named;
  if (first === undefined) return { problem: `There is no zone ${JSON.stringify(wanted.slice(0, 255))}.` };
  if (!liesIn(hostname, first.name)) return { problem: `${hostname} does not lie in the zone ${first.name}.` };
  return chooseLongest(named);
}

function chooseLongest(zones: readonly Zone[]): ChosenZone {
  const length = Math.max(...zones.map(({ name }) => name.length));
  const longest = zones.filter(({ name }) => name.length === length);
  const ofPrivate = longest.filter(({ is_private }) => is_private);
  const best = ofPrivate.length > 0 ? ofPrivate : longest;
  const [zone] = best;
  if (zone === undefined) return undefined;
  if (best.length === 1) return { zone };
  const ids = best.map(({ id }) => id).sort();
  const kind = zone.is_private ? 'private' : 'public';
  return {
    problem: `There are ${best.length} ${kind} zones named ${zone.name}: say which one by its id in "zone" (${ids.join(', ')}).`,
  };
}
