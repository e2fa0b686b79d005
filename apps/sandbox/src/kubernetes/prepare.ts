import { asKept } from './as-kept.js';
import { checkMetadata, checkMetadataChange } from './checks/metadata.js';
import { findBadBase64 } from './checks/storage.js';
import { jsonOf, textOf, withDefaults, without, withoutNulls, type Json } from './json.js';
import type { KindRule } from './kinds.js';
import { apiVersionOf } from './kinds.js';
import type { KubeObject, NewObject, ObjectMeta } from './objects.js';
import { checkSchema } from './schema.js';
import { badRequest, forbidden, invalidObject, type FieldError, type Subject } from './status.js';

export function subjectOf({ group, kind, plural }: KindRule, name?: string): Subject {
  return { group, kind, plural, ...(name === undefined ? {} : { name }) };
}

/** Throws where what was sent cannot be decoded or lacks something. */
export function decode(rule: KindRule, sent: Json): Json {
  const object = jsonOf(withoutNulls(sent));
  checkSchema(rule.model, rule.version, subjectOf(rule, nameOf(object)), object);
  const bad = rule.kind === 'Secret' ? findBadBase64(object) : undefined;
  if (bad !== undefined) {
    throw badRequest(`Secret in version "v1" cannot be handled as a Secret: illegal base64 data in data.${bad}`);
  }
  return object;
}

/** Makes a new object of one that was decoded: filled in and checked. Throws `Invalid` with everything that is wrong with it. */
export function prepareNew(rule: KindRule, namespace: string, decoded: Json): NewObject {
  const filled = rule.admit(asKept(rule.defaults(decoded)));
  assertValid(rule, filled, [...checkOdds(filled), ...checkAddress(filled)]);
  return {
    apiVersion: apiVersionOf(rule),
    kind: rule.kind,
    metadata: { ...ownMetadata(filled), name: nameOf(filled), namespace },
    ...contentOf(filled),
    ...(rule.status === undefined ? {} : { status: rule.status }),
  };
}

/** Makes the changed object of one that was decoded: what only the server sets stays as it was. Throws as `prepareNew`. */
export function prepareChange(rule: KindRule, before: KubeObject, decoded: Json): KubeObject {
  const filled = asKept(rule.defaults(withAllocated(before, decoded)));
  const old = asJson(before);
  const own = jsonOf(filled['metadata']);
  assertValid(rule, filled, [
    ...checkOdds(filled),
    ...checkMetadataChange(jsonOf(old['metadata']), own),
    ...rule.checkChange(old, filled),
  ]);
  const kept = without({ ...before.metadata }, 'labels', 'annotations', 'ownerReferences', 'finalizers');
  return {
    apiVersion: before.apiVersion,
    kind: before.kind,
    metadata: { ...(kept as unknown as ObjectMeta), ...ownMetadata(filled) },
    ...contentOf(filled),
    ...(before.status === undefined ? {} : { status: before.status }),
  };
}

export function asJson(object: KubeObject): Json {
  return { ...object };
}

function nameOf(object: Json): string {
  return textOf(jsonOf(object['metadata'])['name']);
}

function assertValid(rule: KindRule, object: Json, others: readonly FieldError[]): void {
  const name = nameOf(object);
  const metadata = jsonOf(object['metadata']);
  const errors = [...checkMetadata(metadata, (given) => rule.nameProblem(given)), ...rule.check(object), ...others];
  if (errors.length > 0) throw invalidObject(subjectOf(rule, name), errors);
}

/** What the real server knows, and nobody here plays. */
function checkOdds(object: Json): FieldError[] {
  const generated = jsonOf(object['metadata'])['generateName'] !== undefined;
  return [
    ...(generated ? [forbidden('metadata.generateName', 'generated names are not played')] : []),
    ...(object['immutable'] === undefined ? [] : [forbidden('immutable', 'immutable Secrets are not played')]),
  ];
}

/** Addresses are given by the cluster; one may be refused, not wished for. */
function checkAddress(object: Json): FieldError[] {
  const { clusterIP } = jsonOf(object['spec']);
  if (object['kind'] !== 'Service' || clusterIP === undefined || clusterIP === '' || clusterIP === 'None') return [];
  return [forbidden('spec.clusterIPs', "addresses of one's own choice are not played")];
}

type OwnMetadata = Pick<ObjectMeta, 'labels' | 'annotations' | 'ownerReferences' | 'finalizers'>;

/** What a client says of the metadata. The schema has been checked, so that the types are what they are said to be. */
function ownMetadata(object: Json): OwnMetadata {
  const metadata = jsonOf(object['metadata']) as OwnMetadata;
  const { labels, annotations, ownerReferences, finalizers } = metadata;
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
    ...(finalizers === undefined ? {} : { finalizers }),
  };
}

function contentOf(object: Json): Pick<KubeObject, 'spec' | 'data' | 'type'> {
  const { spec, data, type } = object as Pick<KubeObject, 'spec' | 'data' | 'type'>;
  return {
    ...(spec === undefined ? {} : { spec }),
    ...(data === undefined ? {} : { data }),
    ...(type === undefined ? {} : { type }),
  };
}

const ALLOCATED: Readonly<Partial<Record<string, readonly string[]>>> = {
  Service: ['clusterIP', 'clusterIPs'],
  PersistentVolumeClaim: ['volumeName'],
};

/** Who replaces an object need not know what the cluster has given it. */
function withAllocated(before: KubeObject, decoded: Json): Json {
  const keys = ALLOCATED[before.kind] ?? [];
  if (keys.length === 0) return decoded;
  const given = Object.fromEntries(keys.map((key) => [key, before.spec?.[key]]));
  return { ...decoded, spec: withDefaults(jsonOf(decoded['spec']), given) };
}
