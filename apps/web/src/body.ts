import { AppError, cutText, isWellFormed, type Problem } from '@quartermaster/foundation';
import { toPointer } from './validate.js';

/** The largest body (bytes) that a request may have. */
export const BODY_LIMIT = 256 * 1024;

/** Half a character, which only an escape can bring into text that is UTF-8. */
const MAY_BE_HALF = /\\u[dD][89a-fA-F]/;
/** Told of at most. */
const MOST_PROBLEMS = 20;

/** JSON from a body, whatever its content type says. Throws 400 with what is wrong. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw malformed('The body is empty; it must be JSON.');
  try {
    const text = decode(body);
    const value = JSON.parse(text, refusePrototype) as unknown;
    if (MAY_BE_HALF.test(text)) refuseHalves(value);
    return value;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw malformed(
      `The body is not JSON: ${error instanceof Error ? error.message.replace(/, (\.\.\.)?".*$/s, '') : 'unreadable'}.`,
    );
  }
}

/** A form or a JSON object, told apart by how the body begins. The last of repeated form fields counts. */
export function parseFormOrJson(body: Buffer): unknown {
  return decode(body).trimStart().startsWith('{') ? parseJson(body) : parseForm(body);
}

/** A form. The last of repeated fields counts. Throws 400 where it is not UTF-8. */
export function parseForm(body: Buffer): Record<string, string> {
  const fields = [...new URLSearchParams(decode(body).trim())];
  for (const [name, value] of fields) refusePrototype(name, value);
  return Object.fromEntries(fields);
}

/** Copying an object with this field would set its prototype: validation would not see what is in it. */
function refusePrototype(name: string, value: unknown): unknown {
  if (name === '__proto__') throw malformed('The body has a field __proto__, which is not a known field anywhere.');
  return value;
}

/** Throws 400 with every text and name that has one half of a surrogate pair: nothing could keep or show it. */
function refuseHalves(value: unknown): void {
  const problems: Problem[] = [];
  const look = (at: unknown, path: readonly (string | number)[]): void => {
    if (problems.length >= MOST_PROBLEMS) return;
    if (typeof at === 'string' && !isWellFormed(at)) problems.push(halfAt(path, 'holds'));
    if (typeof at !== 'object' || at === null) return;
    for (const [name, entry] of Object.entries(at)) {
      if (!isWellFormed(name)) problems.push(halfAt([...path, name], 'has in its name'));
      else look(entry, [...path, name]);
    }
  };
  look(value, []);
  if (problems.length > 0) throw new AppError('invalid', 'invalid-body', 'The body is not valid.', { problems });
}

function halfAt(path: readonly (string | number)[], has: string): Problem {
  const pointer = cutText(toPointer(path), 500);
  const detail = `${cutText(path.join('.'), 200) || 'The body'} ${has} half of a surrogate pair (\\ud800 to \\udfff), which is no character`;
  return { detail, pointer };
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw malformed('The body is not UTF-8.');
  }
}

function malformed(message: string): AppError {
  return new AppError('invalid', 'malformed-body', message);
}
