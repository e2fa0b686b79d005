import { isEqual, jsonOf, listOf, objectsOf, stringsOf, textOf, without, type Json } from '../json.js';
import { matchesMap, matchesSelector } from '../selectors.js';
import { forbidden, invalid, notSupported, required, type FieldError } from '../status.js';
import { checkOneOf } from './values.js';
import { checkImmutable, checkLabels } from './metadata.js';
import { checkTemplate } from './pods.js';
import { checkClaimSpec } from './storage.js';

const MISMATCH = '`selector` does not match template `labels`';

export function checkDeployment({ spec: given }: Json): FieldError[] {
  const spec = jsonOf(given);
  const { minReadySeconds = 0, progressDeadlineSeconds } = spec;
  const late = typeof progressDeadlineSeconds === 'number' && progressDeadlineSeconds <= Number(minReadySeconds);
  return [
    ...checkCounts(spec, ['replicas', 'minReadySeconds', 'revisionHistoryLimit']),
    ...checkSelected(spec, 'deployment'),
    ...checkTemplate(jsonOf(spec['template']), 'spec.template'),
    ...checkStrategy(jsonOf(spec['strategy'])),
    ...(late
      ? [invalid('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds')]
      : []),
  ];
}

export function checkDeploymentChange(before: Json, after: Json): FieldError[] {
  return checkImmutable(before, after, ['spec', 'selector']);
}

export function checkStatefulSet({ spec: given }: Json): FieldError[] {
  const spec = jsonOf(given);
  const claims = objectsOf(spec['volumeClaimTemplates']);
  const names = claims.map((claim) => textOf(jsonOf(claim['metadata'])['name']));
  const update = jsonOf(spec['updateStrategy']);
  const retention = jsonOf(spec['persistentVolumeClaimRetentionPolicy']);
  const at = 'spec.persistentVolumeClaimRetentionPolicy';
  return [
    ...checkCounts(spec, ['replicas', 'minReadySeconds', 'revisionHistoryLimit']),
    ...checkSelected(spec, 'statefulset'),
    ...checkTemplate(jsonOf(spec['template']), 'spec.template', names),
    ...checkOneOf(spec['podManagementPolicy'], ['OrderedReady', 'Parallel'], 'spec.podManagementPolicy'),
    ...checkOneOf(update['type'], ['RollingUpdate', 'OnDelete'], 'spec.updateStrategy.type'),
    ...(update['type'] === 'OnDelete' && update['rollingUpdate'] !== undefined
      ? [
          invalid(
            'spec.updateStrategy.rollingUpdate',
            update['rollingUpdate'],
            "only allowed for updateStrategy 'RollingUpdate'",
          ),
        ]
      : []),
    ...['whenDeleted', 'whenScaled'].flatMap((key) => checkOneOf(retention[key], ['Delete', 'Retain'], `${at}.${key}`)),
    ...claims.flatMap((claim, index) => {
      const here = `spec.volumeClaimTemplates[${index}]`;
      const unnamed =
        names[index] === '' ? [required(`${here}.metadata.name`, 'name or generateName is required')] : [];
      return [...unnamed, ...checkClaimSpec(jsonOf(claim['spec']), `${here}.spec`)];
    }),
  ];
}

const STATEFUL_SET_CHANGEABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

export function checkStatefulSetChange(before: Json, after: Json): FieldError[] {
  const [one, other] = [before, after].map(({ spec }) => without(jsonOf(spec), ...STATEFUL_SET_CHANGEABLE));
  if (isEqual(one, other)) return [];
  const named = STATEFUL_SET_CHANGEABLE.map((key) => `'${key}'`);
  const list = `${named.slice(0, -1).join(', ')} and ${named.at(-1) ?? ''}`;
  return [forbidden('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)];
}

export function checkReplicationController({ spec: given }: Json): FieldError[] {
  const spec = jsonOf(given);
  if (spec['template'] === undefined) return [required('spec.template')];
  const selector = stringsOf(spec['selector']);
  const labels = stringsOf(jsonOf(jsonOf(spec['template'])['metadata'])['labels']);
  const empty = Object.keys(selector).length === 0;
  return [
    ...checkCounts(spec, ['replicas', 'minReadySeconds']),
    ...(empty ? [required('spec.selector')] : checkLabels(selector, 'spec.selector')),
    ...(empty || matchesMap(selector, labels) ? [] : [invalid('spec.template.metadata.labels', labels, MISMATCH)]),
    ...checkTemplate(jsonOf(spec['template']), 'spec.template'),
  ];
}

export function checkDisruptionBudget({ spec: given }: Json): FieldError[] {
  const spec = jsonOf(given);
  const { minAvailable, maxUnavailable } = spec;
  const both = minAvailable !== undefined && maxUnavailable !== undefined;
  return [
    ...(both ? [invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')] : []),
    ...checkShare(minAvailable, 'spec.minAvailable'),
    ...checkShare(maxUnavailable, 'spec.maxUnavailable'),
    ...checkOneOf(
      spec['unhealthyPodEvictionPolicy'],
      ['AlwaysAllow', 'IfHealthyBudget'],
      'spec.unhealthyPodEvictionPolicy',
    ),
    ...checkSelector(jsonOf(spec['selector']), 'spec.selector'),
  ];
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** Checks a `LabelSelector`. */
export function checkSelector(selector: Json, at: string): FieldError[] {
  const expressions = objectsOf(selector['matchExpressions']).flatMap((expression, index) => {
    const here = `${at}.matchExpressions[${index}]`;
    const operator = textOf(expression['operator']);
    const values = listOf(expression['values']).length;
    if (!OPERATORS.includes(operator)) return [notSupported(`${here}.operator`, operator, OPERATORS)];
    const needs = operator === 'In' || operator === 'NotIn';
    if (needs && values === 0)
      return [required(`${here}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    if (!needs && values > 0)
      return [forbidden(`${here}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    return [];
  });
  return [...checkLabels(stringsOf(selector['matchLabels']), `${at}.matchLabels`), ...expressions];
}

function checkSelected(spec: Json, kind: string): FieldError[] {
  const selector = jsonOf(spec['selector']);
  const labels = stringsOf(jsonOf(jsonOf(spec['template'])['metadata'])['labels']);
  const chosen = Object.keys(jsonOf(selector['matchLabels'])).length + listOf(selector['matchExpressions']).length;
  if (chosen === 0) return [invalid('spec.selector', selector, `empty selector is invalid for ${kind}`)];
  const wrong = checkSelector(selector, 'spec.selector');
  if (wrong.length > 0 || matchesSelector(selector, labels)) return wrong;
  return [invalid('spec.template.metadata.labels', labels, MISMATCH)];
}

function checkStrategy(strategy: Json): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const { maxSurge, maxUnavailable } = jsonOf(rollingUpdate);
  const at = 'spec.strategy.rollingUpdate';
  const recreate = type === 'Recreate' && rollingUpdate !== undefined;
  const none = rollingUpdate !== undefined && isNothing(maxSurge) && isNothing(maxUnavailable);
  return [
    ...checkOneOf(type, ['Recreate', 'RollingUpdate'], 'spec.strategy.type'),
    ...(recreate ? [forbidden(at, "may not be specified when strategy `type` is 'Recreate'")] : []),
    ...checkShare(maxSurge, `${at}.maxSurge`),
    ...checkShare(maxUnavailable, `${at}.maxUnavailable`),
    ...(none && !recreate
      ? [invalid(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
  ];
}

function isNothing(value: unknown): boolean {
  return value === 0 || value === '0%';
}

/** A number or a percentage. */
function checkShare(value: unknown, at: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return value >= 0 ? [] : [invalid(at, value, 'must be greater than or equal to 0')];
  if (/^\d+%$/.test(textOf(value))) return [];
  return [
    invalid(
      at,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ];
}

function checkCounts(spec: Json, keys: readonly string[]): FieldError[] {
  return keys.flatMap((key) => {
    const value = spec[key];
    if (typeof value !== 'number' || value >= 0) return [];
    return [invalid(`spec.${key}`, value, 'must be greater than or equal to 0')];
  });
}
