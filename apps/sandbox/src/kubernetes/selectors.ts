import { listOf, objectsOf, stringsOf, textOf, type Json } from './json.js';
import { badRequest } from './status.js';
import { labelKeyProblem, labelValueProblem } from './syntax.js';

export type Labels = Readonly<Record<string, string>>;

interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent';
  readonly values: readonly string[];
}

/**
 * Reads the query parameter `labelSelector`: `a=b,c!=d,e in (x,y),f notin (z),g,!h`. Throws a `BadRequest` for anything else.
 * Grammar: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
 */
export function parseLabelSelector(text: string): (labels: Labels) => boolean {
  const requirements = split(text).map((part) => parseRequirement(part, text));
  return (labels) => requirements.every((requirement) => meets(requirement, labels));
}

/** Whether labels meet a `LabelSelector` of a `spec`; an empty one meets all. */
export function matchesSelector(selector: Json, labels: Labels): boolean {
  const equal = Object.entries(stringsOf(selector['matchLabels'])).every(([key, value]) => labels[key] === value);
  return (
    equal && objectsOf(selector['matchExpressions']).every((expression) => meets(readExpression(expression), labels))
  );
}

/** Whether labels meet a plain map, as a Service and a ReplicationController have them; an empty one meets none. */
export function matchesMap(selector: Labels, labels: Labels): boolean {
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}

const OPERATORS: Readonly<Record<string, Requirement['operator']>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: 'absent',
};

function readExpression(expression: Json): Requirement {
  const operator = OPERATORS[textOf(expression['operator'])] ?? 'exists';
  return { key: textOf(expression['key']), operator, values: listOf(expression['values']).map(textOf) };
}

/** Commas within brackets belong to a set. */
function split(text: string): string[] {
  if (text.trim() === '') return [];
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function parseRequirement(part: string, text: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  const comparison = /^([^\s=!()]+)\s*(==|=|!=)\s*([^\s=!()]*)$/.exec(part);
  const presence = /^(!?)\s*([^\s=!()]+)$/.exec(part);
  const requirement = ((): Requirement | undefined => {
    if (set !== null) {
      const values = (set[3] ?? '').split(',').map((value) => value.trim());
      return { key: set[1] ?? '', operator: set[2] === 'in' ? 'in' : 'notin', values };
    }
    if (comparison !== null) {
      const operator = comparison[2] === '!=' ? 'notin' : 'in';
      return { key: comparison[1] ?? '', operator, values: [comparison[3] ?? ''] };
    }
    if (presence === null) return undefined;
    return { key: presence[2] ?? '', operator: presence[1] === '!' ? 'absent' : 'exists', values: [] };
  })();
  const problem =
    requirement === undefined
      ? `couldn't parse the selector string "${text}"`
      : (labelKeyProblem(requirement.key) ??
        requirement.values.map(labelValueProblem).find((found) => found !== undefined));
  if (requirement === undefined || problem !== undefined) {
    throw badRequest(`unable to parse requirement: ${problem ?? part}`);
  }
  return requirement;
}

function meets({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels[key];
  if (operator === 'in') return value !== undefined && values.includes(value);
  if (operator === 'notin') return value === undefined || !values.includes(value);
  return operator === 'exists' ? value !== undefined : value === undefined;
}
