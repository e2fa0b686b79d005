/** What an answer is made of: an array becomes `<item>` elements, `undefined` leaves the element out. */
export type XmlValue =
  string | number | boolean | undefined | readonly XmlValue[] | { readonly [name: string]: XmlValue };

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}

export function writeElement(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  const content = writeContent(value);
  return content === '' && typeof value === 'object' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function writeContent(value: Exclude<XmlValue, undefined>): string {
  if (typeof value !== 'object') return escapeXml(String(value));
  if (isList(value)) return value.map((item) => writeElement('item', item)).join('');
  return Object.entries(value)
    .map(([name, child]) => writeElement(name, child))
    .join('');
}

function isList(value: object): value is readonly XmlValue[] {
  return Array.isArray(value);
}

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';
const HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n';

export function writeResponse(
  action: string,
  requestId: string,
  result: { readonly [name: string]: XmlValue },
): string {
  const content = writeContent({ requestId, ...result });
  return `${HEADER}<${action}Response xmlns="${NAMESPACE}">${content}</${action}Response>`;
}

/** EC2's own form of an error, which is not the `<ErrorResponse>` of the other query services. */
export function writeErrorResponse(code: string, message: string, requestId: string): string {
  const error = writeElement('Error', { Code: code, Message: message });
  return `${HEADER}<Response><Errors>${error}</Errors><RequestID>${requestId}</RequestID></Response>`;
}
