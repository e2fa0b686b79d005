import { isEqual, jsonOf, objectsOf, textOf, without, type Json } from '../json.js';
import { forbidden, invalid, required, type FieldError } from '../status.js';
import { dataKeyProblem, subdomainProblem } from '../syntax.js';
import { checkContainers } from './containers.js';
import { checkLabelled } from './metadata.js';
import { checkName, checkOneOf, checkUnique } from './values.js';

/** Checks a pod's `spec`, its own or a template's. `claimed` are the names of volumes that a StatefulSet adds. */
export function checkPodSpec(spec: Json, at: string, claimed: readonly string[] = []): FieldError[] {
  const volumes = objectsOf(spec['volumes']);
  const containers = objectsOf(spec['containers']);
  const initial = objectsOf(spec['initContainers']);
  const names = new Set([...volumes.map((volume) => textOf(volume['name'])), ...claimed]);
  const grace = spec['terminationGracePeriodSeconds'];
  return [
    ...checkUnique(volumes, 'name', `${at}.volumes`),
    ...volumes.flatMap((volume, index) => checkVolume(volume, `${at}.volumes[${index}]`)),
    ...(containers.length === 0 ? [required(`${at}.containers`)] : []),
    ...checkContainers(containers, `${at}.containers`, names),
    ...checkContainers(initial, `${at}.initContainers`, names),
    ...checkOneOf(spec['restartPolicy'], ['Always', 'OnFailure', 'Never'], `${at}.restartPolicy`),
    ...checkOneOf(spec['dnsPolicy'], ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'], `${at}.dnsPolicy`),
    ...(typeof grace === 'number' && grace < 0
      ? [invalid(`${at}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0')]
      : []),
    ...checkSecurity(jsonOf(spec['securityContext']), `${at}.securityContext`),
  ];
}

/** A template restarts its pods for ever. */
export function checkTemplate(template: Json, at: string, claimed: readonly string[] = []): FieldError[] {
  const spec = jsonOf(template['spec']);
  const { restartPolicy } = { restartPolicy: spec['restartPolicy'] };
  const once = restartPolicy === 'OnFailure' || restartPolicy === 'Never';
  return [
    ...checkLabelled(jsonOf(template['metadata']), `${at}.metadata`),
    ...checkPodSpec(spec, `${at}.spec`, claimed),
    ...(once ? checkOneOf(restartPolicy, ['Always'], `${at}.spec.restartPolicy`) : []),
    ...(spec['activeDeadlineSeconds'] === undefined
      ? []
      : [forbidden(`${at}.spec.activeDeadlineSeconds`, 'activeDeadlineSeconds in this pod template is not Supported')]),
  ];
}

/** The sources of volumes that are checked; whatever else the schema knows would be mounted by nobody here. */
const SOURCES = ['configMap', 'downwardAPI', 'emptyDir', 'persistentVolumeClaim', 'projected', 'secret'];

function checkVolume(volume: Json, at: string): FieldError[] {
  const sources = Object.keys(without(volume, 'name'));
  const [source = '', ...more] = sources;
  const found = jsonOf(volume[source]);
  return [
    ...checkName(volume, at),
    ...(source === '' ? [required(at, 'must specify a volume type')] : []),
    ...(source !== '' && !SOURCES.includes(source)
      ? [forbidden(`${at}.${source}`, 'volumes of this type are not played')]
      : []),
    ...more.map((name) => forbidden(`${at}.${name}`, 'may not specify more than 1 volume type')),
    ...(source === 'secret' ? checkSecretSource(found, `${at}.secret`) : []),
    ...(source === 'configMap' && textOf(found['name']) === '' ? [required(`${at}.configMap.name`)] : []),
    ...(source === 'persistentVolumeClaim' && textOf(found['claimName']) === ''
      ? [required(`${at}.persistentVolumeClaim.claimName`)]
      : []),
  ];
}

function checkSecretSource(source: Json, at: string): FieldError[] {
  const name = textOf(source['secretName']);
  const problem = name === '' ? undefined : subdomainProblem(name);
  return [
    ...(name === '' ? [required(`${at}.secretName`)] : []),
    ...(problem === undefined ? [] : [invalid(`${at}.secretName`, name, problem)]),
    ...checkMode(source['defaultMode'], `${at}.defaultMode`),
    ...objectsOf(source['items']).flatMap((item, index) => {
      const key = textOf(item['key']);
      const path = textOf(item['path']);
      const here = `${at}.items[${index}]`;
      const ofKey = key === '' ? undefined : dataKeyProblem(key);
      return [
        ...(key === '' ? [required(`${here}.key`)] : []),
        ...(ofKey === undefined ? [] : [invalid(`${here}.key`, key, ofKey)]),
        ...(path === '' ? [required(`${here}.path`)] : []),
        ...(path.startsWith('/') ? [invalid(`${here}.path`, path, 'must be a relative path')] : []),
        ...(path.split('/').includes('..') ? [invalid(`${here}.path`, path, "must not contain '..'")] : []),
        ...checkMode(item['mode'], `${here}.mode`),
      ];
    }),
  ];
}

function checkMode(mode: unknown, at: string): FieldError[] {
  if (typeof mode !== 'number' || (mode >= 0 && mode <= 0o777)) return [];
  return [invalid(at, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}

function checkSecurity(context: Json, at: string): FieldError[] {
  return ['fsGroup', 'runAsGroup', 'runAsUser'].flatMap((key) => {
    const id = context[key];
    if (typeof id !== 'number' || (id >= 0 && id <= 2_147_483_647)) return [];
    return [invalid(`${at}.${key}`, id, 'must be between 0 and 2147483647, inclusive')];
  });
}

const CHANGEABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Of a pod that is there, hardly anything of its `spec` may change. */
export function checkPodChange(before: Json, after: Json): FieldError[] {
  const [one, other] = [before, after].map((pod) => fixedPart(jsonOf(pod['spec'])));
  return isEqual(one, other) ? [] : [forbidden('spec', CHANGEABLE)];
}

function fixedPart(spec: Json): Json {
  const imageless = (list: unknown): unknown => objectsOf(list).map((container) => without(container, 'image'));
  return {
    ...without(spec, 'activeDeadlineSeconds', 'tolerations'),
    containers: imageless(spec['containers']),
    initContainers: imageless(spec['initContainers']),
  };
}
