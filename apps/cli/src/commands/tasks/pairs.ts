import { usageFailure } from '../../failures.js';

/** What a `key=value` of `do` may be; `--help` says it. */
export const PAIRS_HELP =
  'Each word is key=value, split at its first =. A value is sent as text; the server makes a number or true of it where that ' +
  'is asked for. One that begins with [, { or " is read as JSON: instances=\'["api1","api2"]\'.';

/** The body of a task. @throws Failure (usage) for a word without `=`, a key given twice, and JSON that is none. */
export function parseFields(words: readonly string[]): Readonly<Record<string, unknown>> {
  const fields = new Map<string, unknown>();
  for (const word of words) {
    const [key, value] = splitPair(word);
    if (fields.has(key)) {
      throw usageFailure(`${key} is given twice.`, `A list is given as JSON: ${key}='["one","two"]'.`);
    }
    fields.set(key, /^[[{"]/.test(value) ? parseJson(key, value) : value);
  }
  return Object.fromEntries(fields);
}

/** The conditions of a query: a key that comes again asks for either value. @throws Failure (usage) for a word without `=`. */
export function parseConditions(words: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const conditions = new Map<string, readonly string[]>();
  for (const word of words) {
    const [key, value] = splitPair(word);
    conditions.set(key, [...(conditions.get(key) ?? []), value]);
  }
  return Object.fromEntries(conditions);
}

function splitPair(word: string): readonly [key: string, value: string] {
  const at = word.indexOf('=');
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  throw usageFailure(
    at === 0 ? `${word} has no key before its =.` : `${word} is no key=value.`,
    'Write it as in window=2; quote what has spaces: stack="my stack".',
  );
}

function parseJson(key: string, value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw usageFailure(
      `${key} begins as JSON does, but is none: ${value}`,
      `Quote it for the shell: ${key}='["one","two"]'. Text that begins so is JSON in quotes: ${key}='"[text"'.`,
    );
  }
}
