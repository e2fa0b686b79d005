import { AppError } from '@quartermaster/foundation';

/** The largest body (bytes) that a request may have. */
export const BODY_LIMIT = 256 * 1024;

/** JSON from a body, whatever its content type says. Throws 400 with what is wrong. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw malformed('The body is empty; it must be JSON.');
  try {
    return JSON.parse(decode(body), refusePrototype) as unknown;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw malformed(
      `The body is not JSON: ${error instanceof Error ? error.message.replace(/, ".*$/s, '') : 'unreadable'}.`,
    );
  }
}

/** A form or a JSON object, told apart by how the body begins. The last of repeated form fields counts. */
export function parseFormOrJson(body: Buffer): unknown {
  const text = decode(body).trim();
  if (text.startsWith('{')) return parseJson(body);
  const fields = [...new URLSearchParams(text)];
  for (const [name, value] of fields) refusePrototype(name, value);
  return Object.fromEntries(fields);
}

/** Copying an object with this field would set its prototype: validation would not see what is in it. */
function refusePrototype(name: string, value: unknown): unknown {
  if (name === '__proto__') throw malformed('The body has a field __proto__, which is not a known field anywhere.');
  return value;
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
