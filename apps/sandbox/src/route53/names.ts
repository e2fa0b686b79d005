/** A domain name as Route 53 keeps it. */
export interface DnsName {
  /** Every label as it is on the wire: lower case, escapes undone. */
  readonly labels: readonly string[];
  /** As Route 53 answers it: lower case, a dot at the end, unusual characters as `\ooo`. What names are compared by. */
  readonly spelled: string;
}

/** What is wrong with a name, in Route 53's words. */
export class BadName extends Error {
  override readonly name = 'BadName';
  constructor(problem: keyof typeof PROBLEMS, where: string) {
    super(`FATAL problem: ${problem} (${PROBLEMS[problem]}) encountered with '${where}'`);
  }
}

const PROBLEMS = {
  DomainLabelEmpty: 'Domain label is empty',
  DomainLabelTooLong: 'Domain label is too long',
  DomainNameTooLong: 'Domain name is too long',
  UnsupportedCharacter: 'Value contains unsupported characters',
  InvalidEscapeSequence: 'Value contains an invalid escape sequence',
} as const;

const LONGEST_LABEL = 63;
/** Octets on the wire: one before each label, and one for the root. That leaves 253 characters of text. */
const LONGEST_NAME = 255;

/**
 * Reads a name: with or without the last dot, in any case, unusual characters as `\ooo`. Throws `BadName`. Source: "DNS
 * domain name format" in the Developer Guide (names are ASCII; all but what is printable must be escaped).
 */
export function parseName(text: string): DnsName {
  if (text === '.' || text === '') throw new BadName('DomainLabelEmpty', text);
  const labels = splitLabels(text);
  for (const label of labels) {
    if (label === '') throw new BadName('DomainLabelEmpty', text);
    if (label.length > LONGEST_LABEL) throw new BadName('DomainLabelTooLong', label);
  }
  if (labels.reduce((sum, label) => sum + label.length + 1, 1) > LONGEST_NAME) {
    throw new BadName('DomainNameTooLong', text);
  }
  return { labels, spelled: `${labels.map(spellLabel).join('.')}.` };
}

function splitLabels(text: string): string[] {
  const labels: string[] = [];
  let label = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '.') {
      labels.push(label);
      label = '';
    } else if (character === '\\') {
      const digits = /^[0-3][0-7]{2}/.exec(text.slice(index + 1, index + 4))?.[0];
      if (digits === undefined) throw new BadName('InvalidEscapeSequence', text);
      label += lower(String.fromCharCode(Number.parseInt(digits, 8)));
      index += 3;
    } else if (/^[!-~]$/.test(character)) {
      label += lower(character);
    } else {
      throw new BadName('UnsupportedCharacter', character);
    }
  }
  // The last dot ends the name; without it the last label is still open.
  return text.endsWith('.') && label === '' ? labels : [...labels, label];
}

/** DNS knows of case in ASCII only. */
function lower(character: string): string {
  return /^[A-Z]$/.test(character) ? character.toLowerCase() : character;
}

/** "Returns an escape code for every character but a-z, 0-9, - and _" (API_ListResourceRecordSets). */
function spellLabel(label: string): string {
  return label.replaceAll(/[^a-z0-9_-]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** What lists are sorted by: labels reversed, `com.example.www.` ("Note the trailing dot, which can change the order"). */
export function sortKey({ labels }: DnsName): string {
  return `${[...labels].reverse().join('.')}.`;
}

export function isWithin(name: DnsName, zone: DnsName): boolean {
  const extra = name.labels.length - zone.labels.length;
  return extra >= 0 && zone.labels.every((label, index) => name.labels[extra + index] === label);
}

/** For people and tests: no last dot, and a wildcard's `*` as it is. */
export function plainName(spelled: string): string {
  return spelled.replace(/\.$/, '').replace(/^\\052(?=\.|$)/, '*');
}
