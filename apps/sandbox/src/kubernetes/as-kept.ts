import { isJson, type Json } from './json.js';

/**
 * Fields whose zero value the real server does not keep: in its types they are no pointers and `omitempty`
 * (`staging/src/k8s.io/api/core/v1/types.go`). Who sends them does not get them back.
 */
const ZERO_IS_NOTHING: ReadonlySet<string> = new Set([
  'hostIPC',
  'hostNetwork',
  'hostPID',
  'initialDelaySeconds',
  'minReadySeconds',
  'publishNotReadyAddresses',
  'readOnly',
  'stdin',
  'stdinOnce',
  'subPath',
  'tty',
  'value',
  'volumeName',
]);
const MAPS = ['annotations', 'labels', 'matchLabels', 'nodeSelector'];
/** The one list that is kept empty, to be refused. */
const REQUIRED = 'containers';

/** An object without what the real server's encoder leaves out: empty lists and maps, some zeros. */
export function asKept(object: Json): Json {
  const entries = Object.entries(object).filter(([key, value]) => !isNothing(key, value));
  return Object.fromEntries(entries.map(([key, value]) => [key, keptValue(value)]));
}

function keptValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(keptValue);
  return isJson(value) ? asKept(value) : value;
}

function isNothing(key: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0 && key !== REQUIRED;
  if (isJson(value)) return MAPS.includes(key) && Object.keys(value).length === 0;
  return ZERO_IS_NOTHING.has(key) && (value === 0 || value === false || value === '');
}
