type Json = { readonly [key: string]: unknown };

/**
 * The JSON merge patch (RFC 7386) that makes an object as it is wished: what is wished and not so, nothing else. What the
 * server added, and what others did besides, stays. `null` wishes a field away. `undefined`: all is as it is wished.
 * A list is as wished when it is as long, and each entry has what is wished of it; else it is replaced as a whole.
 */
export function planPatch(wished: object, standing: object): object | undefined {
  const entries = Object.entries(wished).flatMap(([key, value]): [string, unknown][] => {
    const now = (standing as Json)[key];
    if (value === undefined || isAsWished(value, now)) return [];
    if (!isJson(value)) return [[onWire(key), toWire(value)]];
    const inner = planPatch(value, isJson(now) ? now : {});
    return [[onWire(key), inner ?? {}]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isAsWished(wished: unknown, now: unknown): boolean {
  if (wished === null) return now === undefined || now === null;
  if (Array.isArray(wished)) {
    return Array.isArray(now) && now.length === wished.length && wished.every((one, at) => isAsWished(one, now[at]));
  }
  if (isJson(wished)) {
    const entries = Object.entries(wished);
    // All that is wished away is away where there is nothing at all.
    if (!isJson(now))
      return now === undefined && entries.length > 0 && entries.every(([, one]) => isAsWished(one, now));
    return entries.every(([key, one]) => isAsWished(one, now[key]));
  }
  return wished === undefined || wished === now;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The client's types have `_from` for `from`, which some language keeps for itself. Nothing else of ours is called so. */
const onWire = (key: string): string => (key === '_from' ? 'from' : key);

/** A value of the client's types as it is sent. */
export function toWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toWire);
  if (!isJson(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [onWire(key), toWire(one)]));
}
