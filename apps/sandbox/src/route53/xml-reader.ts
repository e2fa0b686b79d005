/** An element that was read. It has children or text, never both: Route 53's requests have no mixed content. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

export class MalformedXml extends Error {
  override readonly name = 'MalformedXml';
}

const TOKEN =
  /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z_][\w.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

interface Open {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** Reads a document of elements and text. No DTD, no CDATA, no prefixes: no client of Route 53 sends them. */
export function readXml(document: string): XmlElement {
  const root: Open = { name: '', children: [], text: '' };
  const stack: Open[] = [root];
  let position = 0;
  while (position < document.length) {
    const open = stack.at(-1) ?? root;
    const next = document.indexOf('<', position);
    const end = next < 0 ? document.length : next;
    open.text += unescape(document.slice(position, end));
    position = end;
    if (next < 0) break;
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(document);
    if (match === null) throw new MalformedXml(`unexpected content at ${position}`);
    position = TOKEN.lastIndex;
    const [, closing, name, , empty] = match;
    if (name === undefined) continue;
    if (closing !== '/') stack.push({ name, children: [], text: '' });
    if (closing === '/' || empty === '/') close(stack, name);
  }
  const [only, ...others] = root.children;
  if (stack.length !== 1 || only === undefined || others.length > 0 || root.text.trim() !== '') {
    throw new MalformedXml('the document is not one element');
  }
  return only;
}

function close(stack: Open[], name: string): void {
  const closed = stack.pop();
  const parent = stack.at(-1);
  if (closed === undefined || parent === undefined || closed.name !== name)
    throw new MalformedXml(`unexpected ${name}`);
  if (closed.children.length > 0 && closed.text.trim() !== '')
    throw new MalformedXml(`text beside elements in ${name}`);
  parent.children.push(closed);
}

function unescape(text: string): string {
  return text.replaceAll(/&([^;\s]{0,10};?)/g, (_entity, inner: string) => {
    const name = inner.endsWith(';') ? inner.slice(0, -1) : '';
    const number = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
    const code = number === null ? undefined : Number.parseInt(number[1] ?? number[2] ?? '', number[1] ? 16 : 10);
    const character = code === undefined ? ENTITIES[name] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
    if (character === undefined) throw new MalformedXml(`unknown entity &${inner}`);
    return character;
  });
}
