import { domainToASCII, domainToUnicode } from 'node:url';

/** A host name as the house keeps it, or a sentence that says what is wrong with the text. */
export type ParsedHostname = { readonly hostname: string } | { readonly problem: string };

/**
 * In characters, without the final dot. RFC 1035 2.3.4 allows 255 bytes on the wire, where each label has a length byte
 * and the root is one more: 253 as text.
 */
const MAX_LENGTH = 253;
/** RFC 1035 2.3.4. */
const MAX_LABEL_LENGTH = 63;

/** Shown instead of what can't be printed. Invisible and direction marks (Cf) could make one name look like another. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;
const SPACE = /\s/u;
/** What IDNA would take for a dot: ideographic and full-width full stops. */
const FOREIGN_DOT = /[\u3002\uff0e\uff61]/u;
const ALLOWED = /^[a-z0-9_*.-]$/u;

/**
 * The ASCII, lower-case form without final dot of what a user calls a host. `*` may be the whole leftmost label; labels
 * with `_` pass (which types may have them: `parseWish`); other scripts become punycode (UTS 46, by Node's own IDNA).
 * Nothing is decoded: a `%` is refused, whatever stands behind it.
 */
export function parseHostname(text: string): ParsedHostname {
  if (text === '' || text === '.') return problem('A host name is needed; it is empty.');
  const forbidden = findForbidden(text);
  if (forbidden !== undefined) return problem(forbidden);

  const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.');
  const parsed: string[] = [];
  for (const [index, label] of labels.entries()) {
    const one = parseLabel(label, index);
    if (one.problem !== undefined) return problem(one.problem);
    parsed.push(one.label);
  }
  const hostname = parsed.join('.');
  if (hostname.length > MAX_LENGTH) {
    return problem(
      `The host name has ${hostname.length} characters; DNS allows ${MAX_LENGTH}, which are 255 bytes on the wire.`,
    );
  }
  if (/^\d+$/.test(parsed.at(-1) ?? '')) return problem('The host name ends in a number, as an address does.');
  return { hostname };
}

/** Whether the name has an underscore: a service or a note, not a host. */
export function hasUnderscore(hostname: string): boolean {
  return hostname.includes('_');
}

/** Whether `name` is `zoneName` or lies below it, label by label. Both as `parseHostname` gives them. */
export function liesIn(name: string, zoneName: string): boolean {
  return name === zoneName || name.endsWith(`.${zoneName}`);
}

function problem(sentence: string): ParsedHostname {
  return { problem: sentence };
}

function findForbidden(text: string): string | undefined {
  for (const character of text) {
    if (character === '\n' || character === '\r') return 'The host name has a line break in it.';
    if (INVISIBLE.test(character))
      return `The host name has a control or invisible character (${code(character)}) in it.`;
    if (SPACE.test(character)) return 'The host name has a space in it.';
    if (FOREIGN_DOT.test(character)) return `The host name has "${character}" (${code(character)}) for a dot.`;
    const isAscii = character <= '\u007f';
    if (isAscii && !ALLOWED.test(character.toLowerCase())) return `The host name has a ${name(character)} in it.`;
  }
  return undefined;
}

function parseLabel(label: string, index: number): { label: string; problem?: undefined } | { problem: string } {
  if (label === '') {
    return { problem: index === 0 ? 'The host name begins with a dot.' : 'The host name has two dots in a row.' };
  }
  if (label === '*' && index === 0) return { label };
  if (label.includes('*')) {
    return { problem: `The host name's label "${label}" has a *, which can only be the whole leftmost label.` };
  }
  const ascii = toAscii(label);
  if (ascii === undefined) return { problem: `The host name's label "${label}" is no valid international name.` };
  if (ascii.length > MAX_LABEL_LENGTH) {
    return {
      problem: `A label of the host name has ${ascii.length} characters ("${ascii.slice(0, 20)}…"); DNS allows ${MAX_LABEL_LENGTH}.`,
    };
  }
  if (ascii.startsWith('-') || ascii.endsWith('-')) {
    return { problem: `The host name's label "${ascii}" begins or ends with a hyphen.` };
  }
  return { label: ascii };
}

/**
 * One label at a time and never the last of the name that Node sees, as it would take a number there for an address
 * (`0x7f.1` → `127.0.0.1`). What does not come back as one plain label is not believed: some characters map to dots.
 */
function toAscii(label: string): string | undefined {
  const lower = label.toLowerCase();
  if (/^[a-z0-9_-]+$/.test(lower) && !lower.startsWith('xn--')) return lower;
  const ascii = domainToASCII(`${label}.example`);
  if (!ascii.endsWith('.example')) return undefined;
  const mapped = ascii.slice(0, -'.example'.length);
  if (!/^[a-z0-9_-]+$/.test(mapped)) return undefined;
  return lower.startsWith('xn--') && (mapped !== lower || !isPunycode(lower)) ? undefined : mapped;
}

/** Node 24 lets every ASCII name through and gives back what it can't decode; 20 lets one through that decodes to ASCII. */
function isPunycode(label: string): boolean {
  return /[^\0-\u007f]/u.test(domainToUnicode(`${label}.example`));
}

const NAMES: Readonly<Record<string, string>> = {
  '/': 'slash',
  '\\': 'backslash',
  '"': 'quotation mark',
  "'": 'quotation mark',
  '`': 'quotation mark',
  '%': 'percent sign',
  ':': 'colon',
  ',': 'comma',
  '@': 'sign @',
};

function name(character: string): string {
  return NAMES[character] ?? `character ${character}`;
}

function code(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
