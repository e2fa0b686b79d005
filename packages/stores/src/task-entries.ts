import { createHash } from 'node:crypto';
import { toWellFormed, toWellFormedJson } from '@quartermaster/foundation';
import type { Json, JsonObject } from './task-record.js';

/** What the indexes of a kind of task hold of one field of one record. */
export interface FieldEntry {
  /** Tokens of the values that it can be asked for by; an array has one of each scalar in it, of the first 100. */
  readonly is?: readonly string[];
  /** The number, the time (ms since 1970) or the truth (0, 1), in decimals, by which it is sorted and found in ranges. */
  readonly order?: string;
  /** What it is sorted by where it is text. */
  readonly text?: string;
}

/** A field as the scripts take it: name, JSON of the value, JSON of the entry (`''`: none). */
export interface DescribedField {
  readonly name: string;
  readonly key: string;
  readonly value: string;
  readonly entry: string;
}

/** As `JSON.stringify` writes a `Date`. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** Longer values stand in the indexes by their hash. */
const LONGEST_TOKEN = 100;
/** Text is sorted by its first bytes; what is alike so far counts as alike. */
const SORTED_BYTES = 48;
/** Of a longer array the rest can not be asked for. */
const MOST_TOKENS = 100;

/** Own fields of a task with what the indexes will hold of them; half characters, which no script can read, are replaced. */
export function describeFields(fields: JsonObject): DescribedField[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([given, value]) => {
      const name = toWellFormed(given);
      const json = toWellFormedJson(value);
      const entry = entryOf(JSON.parse(json) as Json);
      const isEmpty = entry.is === undefined && entry.order === undefined;
      return { name, key: fieldKey(name), value: json, entry: isEmpty ? '' : JSON.stringify(entry) };
    });
}

/** A field's name as a part of a key, in which colons stand between parts. */
export function fieldKey(name: string): string {
  return name.replace(/[%:]/g, (character) => (character === '%' ? '%25' : '%3A'));
}

/** The value as a part of a key. A number and the text of its digits are alike: `window` may be `2` or `50%`. */
export function valueToken(value: string | number | boolean): string {
  const text = String(value);
  if (text.length <= LONGEST_TOKEN) return `=${text}`;
  return `#${createHash('sha256').update(text).digest('base64url')}`;
}

/** What text is sorted by, in hexadecimal: Redis compares text by the rules of its locale, these digits alike in all. */
export function sortText(text: string): string {
  return Buffer.from(text, 'utf8').subarray(0, SORTED_BYTES).toString('hex');
}

function entryOf(value: Json): FieldEntry {
  if (typeof value === 'boolean') return { is: [valueToken(value)], order: value ? '1' : '0' };
  if (typeof value === 'number') return { is: [valueToken(value)], order: String(value) };
  if (typeof value === 'string') {
    const order = ISO_TIME.test(value) ? { order: String(Date.parse(value)) } : {};
    return { is: [valueToken(value)], ...order, text: sortText(value) };
  }
  if (!Array.isArray(value)) return {};
  const tokens = (value as readonly Json[]).flatMap((item) =>
    typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean' ? [valueToken(item)] : [],
  );
  return tokens.length === 0 ? {} : { is: [...new Set(tokens)].slice(0, MOST_TOKENS) };
}
