import { isIPv4, isIPv6 } from 'node:net';
import type { RecordType } from './model.js';
import { BadName, parseName } from './names.js';

const LONGEST_STRING = 255;
const LARGEST_TTL = 2_147_483_647;

/** What Route 53 calls a problem with a value: its code and its words. */
type Problem = readonly [code: string, words: string];

const NOT_QUOTED: Problem = ['InvalidCharacterString', 'Value should be enclosed in quotation marks'];
const TOO_LONG: Problem = ['CharacterStringTooLong', 'Value is too long'];

/**
 * What is wrong with the value of a record, in Route 53's words, or nothing. The codes of A, AAAA and TXT, and those of
 * names, are as seen from the service; those for the numbers and fields of MX, SRV, CAA and SOA follow their pattern.
 * Source of the formats: "Supported DNS record types" in the Developer Guide.
 */
export function problemOfValue(type: RecordType, value: string): string | undefined {
  try {
    const problem = CHECKS[type](value);
    if (problem === undefined) return undefined;
    const [code, words] = problem;
    return `Invalid Resource Record: 'FATAL problem: ${code} (${words}) encountered with '${value}''`;
  } catch (error) {
    if (error instanceof BadName) return `Invalid Resource Record: '${error.message}'`;
    throw error;
  }
}

const CHECKS: Readonly<Record<RecordType, (value: string) => Problem | undefined>> = {
  A: (value) => (isIPv4(value) ? undefined : ['ARRDATAIllegalIPv4Address', 'Value is not a valid IPv4 address']),
  AAAA: (value) =>
    isIPv6(value) && !value.includes('%')
      ? undefined
      : ['AAAARRDATAIllegalIPv6Address', 'Value is not a valid IPv6 address'],
  CAA: checkCaa,
  CNAME: checkTarget,
  MX(value) {
    const fields = value.split(' ');
    if (fields.length !== 2) return ['MXRRDATANotTwoFields', "MX record doesn't have 2 fields"];
    return checkNumbers('MX', fields.slice(0, 1), 65_535) ?? checkTarget(fields[1] ?? '');
  },
  NS: checkTarget,
  PTR: checkTarget,
  SOA(value) {
    const fields = value.split(' ');
    if (fields.length !== 7) return ['SOARRDATANotSevenFields', "SOA record doesn't have 7 fields"];
    return (
      checkTarget(fields[0] ?? '') ?? checkTarget(fields[1] ?? '') ?? checkNumbers('SOA', fields.slice(2), LARGEST_TTL)
    );
  },
  SPF: checkStrings,
  SRV(value) {
    const fields = value.split(' ');
    if (fields.length !== 4) return ['SRVRRDATANotFourFields', "SRV record doesn't have 4 fields"];
    return checkNumbers('SRV', fields.slice(0, 3), 65_535) ?? checkTarget(fields[3] ?? '');
  },
  TXT: checkStrings,
};

/** A name, or the root, which in SRV and MX means "no such service". Throws `BadName`. */
function checkTarget(value: string): undefined {
  if (value !== '.') parseName(value);
  return undefined;
}

function checkNumbers(type: string, fields: readonly string[], most: number): Problem | undefined {
  if (fields.every((field) => /^\d{1,10}$/.test(field) && Number(field) <= most)) return undefined;
  return [`${type}RRDATAIllegalNumber`, `Value is not a number between 0 and ${most}`];
}

function checkCaa(value: string): Problem | undefined {
  const match = /^(\d{1,3}) ([a-z0-9]+) (".*")$/.exec(value);
  if (match === null || Number(match[1]) > 255)
    return ['CAARRDATAInvalidFormat', 'Value is not flags, a tag and a text'];
  return checkStrings(match[3] ?? '');
}

/** One or more texts in quotation marks, spaces between them; `\"`, `\\` and `\ooo` inside ("TXT record type"). */
function checkStrings(value: string): Problem | undefined {
  let rest = value.trim();
  if (rest === '') return NOT_QUOTED;
  while (rest !== '') {
    const match = /^"((?:[^"\\]|\\[0-7]{3}|\\[^0-7])*)"(?: +|$)/.exec(rest);
    if (match === null) return NOT_QUOTED;
    const text = (match[1] ?? '').replaceAll(/\\(?:[0-7]{3}|.)/g, 'x');
    if (/[^ -~]/.test(text)) return ['UnsupportedCharacter', 'Value contains unsupported characters'];
    if (text.length > LONGEST_STRING) return TOO_LONG;
    rest = rest.slice(match[0].length);
  }
  return undefined;
}
