import { invalidInput, invalidXml, Route53Error } from './errors.js';
import { NAMESPACE } from './xml.js';
import { MalformedXml, readXml, type XmlElement } from './xml-reader.js';

/** Names of elements; those that end in `?` may be missing. */
export type Fields = readonly string[];

/** Reads a body whose outermost element has to be `root`. */
export function readRequest(body: string, root: string): XmlElement {
  let document: XmlElement;
  try {
    document = readXml(body);
  } catch (error) {
    if (!(error instanceof MalformedXml)) throw error;
    throw new Route53Error('MalformedInput', `The request is not well-formed XML: ${error.message}`);
  }
  if (document.name === root) return document;
  throw new Route53Error('MalformedInput', `${document.name} is not valid, expected ${root}`);
}

/**
 * The children of an element by name. Throws where one is unknown, missing or given twice. Their order is free: the
 * JavaScript SDK itself does not keep to the one in the API Reference.
 */
export function readFields(element: XmlElement, fields: Fields): ReadonlyMap<string, XmlElement> {
  const found = new Map<string, XmlElement>();
  for (const child of element.children) {
    const open = fields.filter((field) => !found.has(nameOf(field)));
    if (!open.some((field) => nameOf(field) === child.name)) {
      throw invalidXml(
        `cvc-complex-type.2.4.a: Invalid content was found starting with element '${child.name}'. ` +
          `One of '{${open.map(qualified).join(', ')}}' is expected.`,
      );
    }
    found.set(child.name, child);
  }
  const missing = fields.filter((field) => !field.endsWith('?') && !found.has(field));
  if (missing.length === 0) return found;
  throw invalidXml(
    `cvc-complex-type.2.4.b: The content of element '${element.name}' is not complete. ` +
      `One of '{${missing.map(qualified).join(', ')}}' is expected.`,
  );
}

/** The children of a list element, which must have one at least. */
export function readList(element: XmlElement, item: string): readonly XmlElement[] {
  if (element.children.length === 0) readFields(element, [item]);
  const stranger = element.children.find((child) => child.name !== item);
  if (stranger !== undefined) readFields({ ...element, children: [stranger] }, [item]);
  return element.children;
}

export function readText(element: XmlElement, longest: number, type: string): string {
  const { text } = element;
  if (element.children.length > 0) {
    throw invalidXml(
      `cvc-type.3.1.2: Element '${element.name}' is a simple type, so it must have no element children.`,
    );
  }
  if (text.length > longest) {
    throw invalidXml(
      `cvc-maxLength-valid: Value '${text}' with length = '${text.length}' is not facet-valid with respect to ` +
        `maxLength '${longest}' for type '${type}'.`,
    );
  }
  return text;
}

export function readChoice<const T extends string>(element: XmlElement, choices: readonly T[]): T {
  const text = element.text.trim();
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw invalidXml(
    `cvc-enumeration-valid: Value '${text}' is not facet-valid with respect to enumeration '[${choices.join(', ')}]'. ` +
      'It must be a value from the enumeration.',
  );
}

export function readWhole(element: XmlElement, least: number, most: number, type: string): number {
  const text = element.text.trim();
  if (!/^[+-]?\d{1,15}$/.test(text)) {
    throw invalidXml(`cvc-datatype-valid.1.2.1: '${text}' is not a valid value for 'integer'.`);
  }
  const value = Number(text);
  const [facet, bound] = value < least ? ['minInclusive', least] : ['maxInclusive', most];
  if (value >= least && value <= most) return value;
  throw invalidXml(
    `cvc-${facet}-valid: Value '${text}' is not facet-valid with respect to ${facet} '${bound}' for type '${type}'.`,
  );
}

export function readFlag(element: XmlElement): boolean {
  const text = element.text.trim();
  if (!['true', 'false', '1', '0'].includes(text)) {
    throw invalidXml(`cvc-datatype-valid.1.2.1: '${text}' is not a valid value for 'boolean'.`);
  }
  return text === 'true' || text === '1';
}

/** Our own refusal of what Route 53 has and the sandbox does not. */
export const notPlayed = (what: string): Route53Error => invalidInput(`${what} is not played by the sandbox`);

const nameOf = (field: string): string => field.replace(/\?$/, '');
const qualified = (field: string): string => `"${NAMESPACE}":${nameOf(field)}`;
