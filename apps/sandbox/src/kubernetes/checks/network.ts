import { isIP } from 'node:net';
import { isEqual, isJson, jsonOf, listOf, objectsOf, stringsOf, textOf, type Json } from '../json.js';
import { duplicate, forbidden, invalid, required, type FieldError } from '../status.js';
import { checkName, checkOneOf, checkPortNumber, checkPortReference, checkUnique } from './values.js';
import { checkLabels } from './metadata.js';
import { checkSelector } from './workloads.js';

export function checkService({ spec: given }: Json): FieldError[] {
  const spec = jsonOf(given);
  const ports = objectsOf(spec['ports']);
  const headless = spec['clusterIP'] === 'None';
  return [
    // Ports of nodes and balancers of clouds are not played.
    ...checkOneOf(spec['type'], ['ClusterIP'], 'spec.type'),
    ...(ports.length === 0 && !headless ? [required('spec.ports')] : []),
    ...checkServicePorts(ports),
    ...checkLabels(stringsOf(spec['selector']), 'spec.selector'),
    ...checkOneOf(spec['sessionAffinity'], ['ClientIP', 'None'], 'spec.sessionAffinity'),
    ...checkOneOf(spec['internalTrafficPolicy'], ['Cluster', 'Local'], 'spec.internalTrafficPolicy'),
    ...checkOneOf(spec['ipFamilyPolicy'], ['SingleStack'], 'spec.ipFamilyPolicy'),
    ...listOf(spec['ipFamilies']).flatMap((family) => checkOneOf(family, ['IPv4'], 'spec.ipFamilies')),
    ...(spec['externalName'] === undefined
      ? []
      : [forbidden('spec.externalName', 'may only be used when `type` is `ExternalName`')]),
  ];
}

function checkServicePorts(ports: readonly Json[]): FieldError[] {
  const at = 'spec.ports';
  return [
    ...checkUnique(ports, 'name', at),
    ...ports.flatMap((port, index) => {
      const here = `${at}[${index}]`;
      const same = (other: Json): boolean => other['port'] === port['port'] && other['protocol'] === port['protocol'];
      const { port: number, protocol } = port;
      return [
        ...(ports.length > 1 || port['name'] !== undefined ? checkName(port, here) : []),
        ...checkPortNumber(number, `${here}.port`),
        ...(port['targetPort'] === undefined ? [] : checkPortReference(port['targetPort'], `${here}.targetPort`)),
        ...checkOneOf(protocol, ['SCTP', 'TCP', 'UDP'], `${here}.protocol`),
        ...(port['nodePort'] === undefined
          ? []
          : [forbidden(`${here}.nodePort`, "may not be used when `type` is 'ClusterIP'")]),
        ...(ports.findIndex(same) === index ? [] : [duplicate(here, { port: number, protocol })]),
      ];
    }),
  ];
}

/** The address of a Service is given once and for all. */
export function checkServiceChange(before: Json, after: Json): FieldError[] {
  const [one, other] = [before, after].map(({ spec }) => jsonOf(spec)['clusterIPs']);
  if (isEqual(one, other)) return [];
  return [invalid('spec.clusterIPs[0]', listOf(other), 'may not change once set')];
}

export function checkNetworkPolicy({ spec: given }: Json): FieldError[] {
  const spec = jsonOf(given);
  const types = listOf(spec['policyTypes']);
  const rules = [...rulesOf(spec, 'ingress', 'from'), ...rulesOf(spec, 'egress', 'to')];
  return [
    ...checkSelector(jsonOf(spec['podSelector']), 'spec.podSelector'),
    ...types.flatMap((type, index) => checkOneOf(type, ['Egress', 'Ingress'], `spec.policyTypes[${index}]`)),
    ...rules.flatMap(({ rule, at, peers }) => [
      ...objectsOf(rule['ports']).flatMap((port, index) => checkPolicyPort(port, `${at}.ports[${index}]`)),
      ...objectsOf(rule[peers]).flatMap((peer, index) => checkPeer(peer, `${at}.${peers}[${index}]`)),
    ]),
  ];
}

function rulesOf(spec: Json, key: string, peers: string): { rule: Json; at: string; peers: string }[] {
  return objectsOf(spec[key]).map((rule, index) => ({ rule, at: `spec.${key}[${index}]`, peers }));
}

function checkPolicyPort(port: Json, at: string): FieldError[] {
  const { port: wished, endPort } = port;
  const backwards = typeof endPort === 'number' && typeof wished === 'number' && endPort < wished;
  return [
    ...checkOneOf(port['protocol'], ['SCTP', 'TCP', 'UDP'], `${at}.protocol`),
    ...(wished === undefined ? [] : checkPortReference(wished, `${at}.port`)),
    ...(backwards ? [invalid(`${at}.endPort`, endPort, 'must be greater than or equal to `port`')] : []),
  ];
}

function checkPeer(peer: Json, at: string): FieldError[] {
  const { ipBlock, podSelector, namespaceSelector } = peer;
  if (ipBlock === undefined && podSelector === undefined && namespaceSelector === undefined) {
    return [required(at, 'must specify a peer')];
  }
  const both = isJson(ipBlock) && (podSelector !== undefined || namespaceSelector !== undefined);
  return [
    ...(both ? [forbidden(at, 'may not specify both ipBlock and another peer')] : []),
    ...(isJson(ipBlock) ? checkBlock(ipBlock, `${at}.ipBlock`) : []),
    ...checkSelector(jsonOf(podSelector), `${at}.podSelector`),
    ...checkSelector(jsonOf(namespaceSelector), `${at}.namespaceSelector`),
  ];
}

function checkBlock(block: Json, at: string): FieldError[] {
  const cidr = textOf(block['cidr']);
  const words = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
  return [
    ...(cidr === '' ? [required(`${at}.cidr`)] : []),
    ...(cidr !== '' && !isCidr(cidr) ? [invalid(`${at}.cidr`, cidr, words)] : []),
    ...listOf(block['except']).flatMap((entry, index) =>
      isCidr(textOf(entry)) ? [] : [invalid(`${at}.except[${index}]`, entry, words)],
    ),
  ];
}

function isCidr(text: string): boolean {
  const parts = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const family = isIP(parts?.[1] ?? '');
  return family !== 0 && Number(parts?.[2]) <= (family === 4 ? 32 : 128);
}
