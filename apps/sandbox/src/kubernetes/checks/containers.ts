import { isJson, jsonOf, listOf, objectsOf, textOf, type Json } from '../json.js';
import { forbidden, invalid, missing, required, type FieldError } from '../status.js';
import { isVariableName, parseQuantity } from '../syntax.js';
import { checkProbes } from './probes.js';
import { checkName, checkOneOf, checkPortNumber, checkPortReference, checkQuantity, checkUnique } from './values.js';

/** Checks containers of one list; `volumes` are the names that may be mounted. */
export function checkContainers(containers: readonly Json[], at: string, volumes: ReadonlySet<string>): FieldError[] {
  return [
    ...checkUnique(containers, 'name', at),
    ...containers.flatMap((container, index) => checkContainer(container, `${at}[${index}]`, volumes)),
  ];
}

function checkContainer(container: Json, at: string, volumes: ReadonlySet<string>): FieldError[] {
  return [
    ...checkName(container, at),
    ...(textOf(container['image']) === '' ? [required(`${at}.image`)] : []),
    ...checkOneOf(container['imagePullPolicy'], ['Always', 'IfNotPresent', 'Never'], `${at}.imagePullPolicy`),
    ...checkOneOf(
      container['terminationMessagePolicy'],
      ['FallbackToLogsOnError', 'File'],
      `${at}.terminationMessagePolicy`,
    ),
    ...checkPorts(objectsOf(container['ports']), `${at}.ports`),
    ...objectsOf(container['env']).flatMap((variable, index) => checkVariable(variable, `${at}.env[${index}]`)),
    ...checkMounts(objectsOf(container['volumeMounts']), `${at}.volumeMounts`, volumes),
    ...checkResources(jsonOf(container['resources']), `${at}.resources`),
    ...checkProbes(container, at),
  ];
}

function checkPorts(ports: readonly Json[], at: string): FieldError[] {
  return [
    ...checkUnique(ports, 'name', at),
    ...ports.flatMap((port, index) => [
      ...checkPortNumber(port['containerPort'], `${at}[${index}].containerPort`),
      ...(port['name'] === undefined ? [] : checkPortReference(port['name'], `${at}[${index}].name`)),
      ...checkOneOf(port['protocol'], ['SCTP', 'TCP', 'UDP'], `${at}[${index}].protocol`),
    ]),
  ];
}

const SOURCES = ['configMapKeyRef', 'fieldRef', 'fileKeyRef', 'resourceFieldRef', 'secretKeyRef'];

function checkVariable(variable: Json, at: string): FieldError[] {
  const name = textOf(variable['name']);
  const source = variable['valueFrom'];
  const sources = SOURCES.filter((key) => jsonOf(source)[key] !== undefined);
  const reference = jsonOf(jsonOf(source)['secretKeyRef'] ?? jsonOf(source)['configMapKeyRef']);
  const kind = sources[0] ?? '';
  return [
    ...(name === '' ? [required(`${at}.name`)] : []),
    ...(name !== '' && !isVariableName(name)
      ? [
          invalid(
            `${at}.name`,
            name,
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
          ),
        ]
      : []),
    ...(isJson(source) && sources.length === 0
      ? [invalid(`${at}.valueFrom`, '', `must specify one of: \`${SOURCES.join('`, `')}\``)]
      : []),
    ...(sources.length > 1
      ? [invalid(`${at}.valueFrom`, '', 'may not have more than one field specified at a time')]
      : []),
    ...(isJson(source) && textOf(variable['value']) !== ''
      ? [invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty')]
      : []),
    ...(kind.endsWith('KeyRef') && textOf(reference['name']) === '' ? [required(`${at}.valueFrom.${kind}.name`)] : []),
    ...(kind.endsWith('KeyRef') && textOf(reference['key']) === '' ? [required(`${at}.valueFrom.${kind}.key`)] : []),
  ];
}

function checkMounts(mounts: readonly Json[], at: string, volumes: ReadonlySet<string>): FieldError[] {
  const paths = mounts.map((mount) => textOf(mount['mountPath']));
  return mounts.flatMap((mount, index) => {
    const name = textOf(mount['name']);
    const path = paths[index] ?? '';
    const here = `${at}[${index}]`;
    const subPath = textOf(mount['subPath']);
    return [
      ...(name === '' ? [required(`${here}.name`)] : []),
      ...(name !== '' && !volumes.has(name) ? [missing(`${here}.name`, name)] : []),
      ...(path === '' ? [required(`${here}.mountPath`)] : []),
      ...(path !== '' && paths.indexOf(path) !== index ? [invalid(`${here}.mountPath`, path, 'must be unique')] : []),
      ...(subPath.startsWith('/') ? [invalid(`${here}.subPath`, subPath, 'must be a relative path')] : []),
      ...(subPath.split('/').includes('..') ? [invalid(`${here}.subPath`, subPath, "must not contain '..'")] : []),
    ];
  });
}

/** Checks that requests and limits are quantities, and no request is above its limit. */
export function checkResources(resources: Json, at: string): FieldError[] {
  const limits = jsonOf(resources['limits']);
  const requests = jsonOf(resources['requests']);
  const both = Object.entries({ limits, requests }).flatMap(([list, entries]) =>
    Object.entries(entries).flatMap(([name, value]) => checkQuantity(value, `${at}.${list}[${name}]`)),
  );
  const above = Object.entries(requests).flatMap(([name, value]) => {
    const [asked, most] = [parseQuantity(value), parseQuantity(limits[name])];
    if (asked === undefined || most === undefined || asked <= most) return [];
    return [invalid(`${at}.requests`, value, `must be less than or equal to ${name} limit of ${String(limits[name])}`)];
  });
  const claims =
    listOf(resources['claims']).length === 0 ? [] : [forbidden(`${at}.claims`, 'dynamic resources are not played')];
  return [...both, ...above, ...claims];
}
