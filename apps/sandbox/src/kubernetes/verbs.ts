import type { Answer, Exchange } from '../http.js';
import { deleteObject } from './deletion.js';
import { applyMergePatch, isEqual, jsonOf, textOf, type Json } from './json.js';
import { apiVersionOf, type KindRule } from './kinds.js';
import type { KubernetesRuntime, KubeObject, NewObject, ObjectStore } from './objects.js';
import { asJson, decode, prepareChange, prepareNew, subjectOf } from './prepare.js';
import { readDeleteWish, readObject, readPatch } from './requests.js';
import type { CollectionRoute, ObjectRoute } from './routes.js';
import { parseLabelSelector } from './selectors.js';
import {
  alreadyExists,
  answerOf,
  badRequest,
  conflict,
  invalid,
  invalidObject,
  notFound,
  StatusError,
  type Subject,
} from './status.js';

/** One request to the API, with what it needs. */
export interface Call<R> {
  readonly store: ObjectStore;
  /** Gives a new Service its address. */
  readonly clusterIpFor: KubernetesRuntime['clusterIpFor'];
  readonly now: () => number;
  readonly namespaces: readonly string[];
  readonly route: R;
  readonly exchange: Exchange;
  readonly query: URLSearchParams;
  /** Notes that an object was really changed. */
  record(object: Pick<KubeObject, 'kind' | 'metadata'> | NewObject): void;
}

export function getObject(call: Call<ObjectRoute>): Answer {
  return answerOf(find(call));
}

/** The entries of a list do not say their kind. */
export function listObjects({ store, route, query }: Call<CollectionRoute>): Answer {
  const { rule, namespace } = route;
  const matches = parseLabelSelector(query.get('labelSelector') ?? '');
  const objects = store.list(rule.kind, namespace).filter(({ metadata }) => matches(metadata.labels ?? {}));
  const items = objects.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest);
  const resourceVersion = String(latest(store, rule));
  return answerOf({ kind: `${rule.kind}List`, apiVersion: apiVersionOf(rule), metadata: { resourceVersion }, items });
}

export function createObject(call: Call<CollectionRoute>): Answer {
  const { store, route, exchange, namespaces } = call;
  const { rule, namespace = '' } = route;
  const decoded = decode(rule, readObject(exchange, rule));
  const metadata = jsonOf(decoded['metadata']);
  assertNamespace(metadata, namespace);
  if (!namespaces.includes(namespace)) {
    throw notFound({ group: '', kind: 'Namespace', plural: 'namespaces', name: namespace });
  }
  if (textOf(metadata['resourceVersion']) !== '') {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  const wished = prepareNew(rule, namespace, decoded);
  const subject = subjectOf(rule, wished.metadata.name);
  if (store.get(rule.kind, namespace, wished.metadata.name) !== undefined) throw alreadyExists(subject);
  const object = store.create(withAddress(wished, call.clusterIpFor));
  call.record(object);
  return answerOf(object, 201);
}

export function replaceObject(call: Call<ObjectRoute>): Answer {
  const { rule, name, namespace } = call.route;
  const decoded = decode(rule, readObject(call.exchange, rule));
  const metadata = jsonOf(decoded['metadata']);
  const said = textOf(metadata['name']);
  if (said !== name) {
    throw badRequest(`the name of the object (${said}) does not match the name on the URL (${name})`);
  }
  assertNamespace(metadata, namespace);
  const before = find(call);
  if (textOf(metadata['resourceVersion']) === '' && !rule.replacedBlindly) {
    const error = invalid('metadata.resourceVersion', '', 'must be specified for an update');
    throw invalidObject(subjectOf(rule, name), [error]);
  }
  assertVersion(before, metadata, subjectOf(rule, name));
  return change(call, before, decoded);
}

export function patchObject(call: Call<ObjectRoute>): Answer {
  const { rule, name, namespace } = call.route;
  const patch = readPatch(call.exchange);
  const before = find(call);
  assertVersion(before, jsonOf(patch['metadata']), subjectOf(rule, name));
  const patched = jsonOf(applyMergePatch(asJson(before), patch));
  const { apiVersion, kind } = before;
  if (patched['apiVersion'] !== apiVersion || patched['kind'] !== kind) {
    throw badRequest(`the patch would make something else of a ${kind} of ${apiVersion}`);
  }
  const decoded = decodePatched(rule, patched);
  assertNamespace(jsonOf(decoded['metadata']), namespace);
  return change(call, before, decoded);
}

export function deleteOne(call: Call<ObjectRoute>): Answer {
  const { store, now, route, exchange, query } = call;
  const { rule, name } = route;
  const wish = readDeleteWish(exchange, query);
  const object = find(call);
  const { uid, resourceVersion } = object.metadata;
  const subject = subjectOf(rule, name);
  if (wish.uid !== undefined && wish.uid !== uid) throw conflict(subject, otherUid(wish.uid, uid));
  if (wish.resourceVersion !== undefined && wish.resourceVersion !== resourceVersion) {
    const pair = `(${wish.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion})`;
    const why = `the ResourceVersion in the precondition ${pair}. The object might have been modified`;
    throw conflict(subject, `Precondition failed: ${why}`);
  }
  const left = deleteObject(store, object, { now, ...wish });
  // Asking once more for what is on its way changes nothing.
  if (left?.metadata.resourceVersion !== resourceVersion) call.record(object);
  if (left !== undefined || rule.showsDeleted) return answerOf(left ?? object);
  const details = { name, ...(rule.group === '' ? {} : { group: rule.group }), kind: rule.plural, uid };
  return answerOf({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

function find({ store, route }: Call<ObjectRoute>): KubeObject {
  const { rule, namespace, name } = route;
  const object = store.get(rule.kind, namespace, name);
  if (object === undefined) throw notFound(subjectOf(rule, name));
  return object;
}

function change(call: Call<ObjectRoute>, before: KubeObject, decoded: Json): Answer {
  const wished = prepareChange(call.route.rule, before, decoded);
  const after = call.store.update(wished);
  if (after === undefined || !isEqual(after.metadata.resourceVersion, before.metadata.resourceVersion))
    call.record(wished);
  return answerOf(after ?? wished);
}

function assertNamespace(metadata: Json, namespace: string): void {
  const said = textOf(metadata['namespace']);
  if (said !== '' && said !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** Who says which object, or which version of it, he means, means no other. */
function assertVersion({ metadata }: KubeObject, said: Json, subject: Subject): void {
  const { uid, resourceVersion } = { uid: textOf(said['uid']), resourceVersion: textOf(said['resourceVersion']) };
  if (uid !== '' && uid !== metadata.uid) throw conflict(subject, otherUid(uid, metadata.uid));
  if (resourceVersion !== '' && resourceVersion !== metadata.resourceVersion) throw conflict(subject);
}

function otherUid(said: string, uid: string): string {
  return `Precondition failed: UID in precondition: ${said}, UID in object meta: ${uid}`;
}

/** What cannot be decoded once it is patched is said of the patch. */
function decodePatched(rule: KindRule, patched: Json): Json {
  try {
    return decode(rule, patched);
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 400) throw error;
    const nobody = { group: '', kind: '', plural: '', name: '' };
    throw invalidObject(nobody, [invalid('patch', '…', error.message)]);
  }
}

function withAddress(service: NewObject, clusterIpFor: KubernetesRuntime['clusterIpFor']): NewObject {
  const spec = service.spec ?? {};
  if (service.kind !== 'Service' || spec['clusterIP'] === 'None') return service;
  const clusterIP = clusterIpFor();
  return { ...service, spec: { ...spec, clusterIP, clusterIPs: [clusterIP] } };
}

/** A list is as new as the newest thing in the store; what was removed since counts too, but nobody watches here. */
function latest(store: ObjectStore, { kind }: KindRule): number {
  return store.list(kind).reduce((most, { metadata }) => Math.max(most, Number(metadata.resourceVersion)), 0);
}
