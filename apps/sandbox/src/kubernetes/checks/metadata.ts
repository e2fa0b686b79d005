import { isEqual, jsonOf, listOf, objectsOf, stringsOf, textOf, type Json } from '../json.js';
import { forbidden, invalid, required, tooLong, type FieldError } from '../status.js';
import { labelKeyProblem, labelValueProblem } from '../syntax.js';

const ANNOTATIONS_LIMIT = 262_144;

/** Checks what every kind has. The real server's: `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`. */
export function checkMetadata(metadata: Json, nameProblem: (name: string) => string | undefined): FieldError[] {
  const name = textOf(metadata['name']);
  const problem = name === '' ? undefined : nameProblem(name);
  return [
    ...(name === '' ? [required('metadata.name', 'name or generateName is required')] : []),
    ...(problem === undefined ? [] : [invalid('metadata.name', name, problem)]),
    ...checkLabelled(metadata, 'metadata'),
    ...checkFinalizers(metadata),
    ...checkOwners(metadata),
  ];
}

/** Labels and annotations, of an object and of a template. */
export function checkLabelled(metadata: Json, at: string): FieldError[] {
  const annotations = stringsOf(metadata['annotations']);
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return [
    ...checkLabels(stringsOf(metadata['labels']), `${at}.labels`),
    ...Object.keys(annotations).flatMap((key) => {
      const problem = labelKeyProblem(key.toLowerCase());
      return problem === undefined ? [] : [invalid(`${at}.annotations`, key, problem)];
    }),
    ...(size > ANNOTATIONS_LIMIT ? [tooLong(`${at}.annotations`, ANNOTATIONS_LIMIT)] : []),
  ];
}

export function checkLabels(labels: Readonly<Record<string, string>>, at: string): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const ofKey = labelKeyProblem(key);
    const ofValue = labelValueProblem(value);
    return [
      ...(ofKey === undefined ? [] : [invalid(at, key, ofKey)]),
      ...(ofValue === undefined ? [] : [invalid(at, value, ofValue)]),
    ];
  });
}

/** Finalizers that the server itself understands need no domain. */
const OWN_FINALIZERS = ['foregroundDeletion', 'orphan', 'kubernetes'];

function checkFinalizers(metadata: Json): FieldError[] {
  return listOf(metadata['finalizers']).flatMap((entry) => {
    const name = textOf(entry);
    const problem = labelKeyProblem(name);
    if (problem !== undefined) return [invalid('metadata.finalizers', name, problem)];
    if (name.includes('/') || OWN_FINALIZERS.includes(name)) return [];
    return [
      invalid('metadata.finalizers', name, 'name is neither a standard finalizer name nor is it fully qualified'),
    ];
  });
}

function checkOwners(metadata: Json): FieldError[] {
  const owners = objectsOf(metadata['ownerReferences']);
  const at = 'metadata.ownerReferences';
  const empty = owners.flatMap((owner, index) =>
    ['apiVersion', 'kind', 'name', 'uid']
      .filter((key) => textOf(owner[key]) === '')
      .map((key) => invalid(`${at}[${index}].${key}`, '', `${key} must not be empty`)),
  );
  const controllers = owners.filter((owner) => owner['controller'] === true);
  const one = 'Only one reference can have Controller set to true.';
  return [...empty, ...(controllers.length > 1 ? [invalid(at, owners, one)] : [])];
}

/** Checks a change of what every kind has; what only the server sets has been put back before. */
export function checkMetadataChange(before: Json, after: Json): FieldError[] {
  const added = listOf(after['finalizers']).filter((name) => !listOf(before['finalizers']).includes(name));
  const going = before['deletionTimestamp'] !== undefined && added.length > 0;
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`;
  return [
    ...(before['name'] === after['name'] ? [] : [invalid('metadata.name', after['name'], 'field is immutable')]),
    ...(going ? [forbidden('metadata.finalizers', detail)] : []),
  ];
}

/** `field is immutable`, where it has changed. */
export function checkImmutable(before: Json, after: Json, path: readonly string[]): FieldError[] {
  const [one, other] = [before, after].map((object) =>
    path.reduce<unknown>((value, key) => jsonOf(value)[key], object),
  );
  return isEqual(one, other) ? [] : [invalid(path.join('.'), other, 'field is immutable')];
}
