/**
 * Values of TXT records as Route 53 spells them: strings in quotes of at most 255 bytes each, separated by a space; a
 * quote or backslash behind a backslash; what is not printable ASCII as `\ooo`, its byte in octal
 * (docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat).
 */

/** In bytes, of one string (RFC 1035 3.3). */
const MAX_STRING_LENGTH = 255;

/** A text in UTF-8, cut into as many strings as it needs. */
export function quoteText(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  const strings: string[] = [];
  for (let start = 0; start < bytes.length; start += MAX_STRING_LENGTH) {
    strings.push(`"${Array.from(bytes.subarray(start, start + MAX_STRING_LENGTH), spellByte).join('')}"`);
  }
  return strings.length === 0 ? '""' : strings.join(' ');
}

/** The text that a value spells; its strings are joined, as mail and other readers of TXT do. */
export function unquoteText(value: string): string {
  return Buffer.concat(readStrings(value)).toString('utf8');
}

/** Whether two values hold the same strings, however they are escaped. */
export function isSameText(one: string, other: string): boolean {
  const [ours, theirs] = [readStrings(one), readStrings(other)];
  return (
    ours.length === theirs.length && ours.every((string, index) => string.equals(theirs[index] ?? Buffer.alloc(0)))
  );
}

function spellByte(byte: number): string {
  if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  if (byte >= 0x20 && byte <= 0x7e) return String.fromCharCode(byte);
  return `\\${byte.toString(8).padStart(3, '0')}`;
}

/** A quoted string, or a bare word, as Route 53 takes a word without spaces too. */
const STRING = /"((?:[^"\\]|\\[\s\S])*)"|([^\s"]+)/g;

function readStrings(value: string): Buffer[] {
  return Array.from(value.matchAll(STRING), ([, quoted, bare]) => readBytes(quoted ?? bare ?? ''));
}

function readBytes(spelled: string): Buffer {
  const parts = Array.from(spelled.matchAll(/\\([0-7]{3})|\\([\s\S])|([^\\]+)/g), ([, octal, escaped, plain]) =>
    octal === undefined ? Buffer.from(escaped ?? plain ?? '', 'utf8') : Buffer.from([Number.parseInt(octal, 8) & 0xff]),
  );
  return Buffer.concat(parts);
}
