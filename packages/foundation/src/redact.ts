const REDACTED = '[redacted]';

/** Fields whose value never belongs in a log, whatever it holds. */
const SECRET_FIELD =
  /^(authorization|proxy-authorization|cookie|set-cookie|token|auth_tokens?|.*password.*|.*secret.*|.*_rsa|rsa.*|private_key|init_script_key|user_?data|init_script|access_key(_?id)?|session_token|dsn)$/i;

const SECRET_SHAPES: readonly (readonly [RegExp, string])[] = [
  // The password part of any URL, so the credential of an init script too.
  [/(\/\/[^/\s:@]*:)[^/\s@]+@/g, `$1${REDACTED}@`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  [/\bxox[a-z]-[A-Za-z0-9-]{8,}/g, REDACTED],
  [/\b(token[ =]|bearer |basic )[A-Za-z0-9._~+/=-]{8,}/gi, `$1${REDACTED}`],
  // `#include-once ` and `#include ` in base64: EC2 user data.
  [/\bI2luY2x1ZGU[A-Za-z0-9+/]+=*/g, REDACTED],
];

/** What every one of those shapes has in it: most texts have none of it, and are through after one look. */
const MAY_HAVE_SECRET_SHAPE = /\/\/|-----BEGIN |xox|token[ =]|bearer |basic |I2luY2x1ZGU/i;

/** Names of fields are few and come again and again: whether one is telling is remembered, up to this many. */
const REMEMBERED_FIELDS = 1000;

export type Redact = (value: unknown) => unknown;

/**
 * Makes a function that copies a value with everything secret replaced: known values (also as base64 and
 * percent-encoded), values in fields of a telling name, and text of a telling shape. Errors become plain objects.
 */
export function createRedactor(secrets: readonly string[]): Redact {
  const known = [...new Set(secrets.flatMap(spellings))].sort((a, b) => b.length - a.length);

  const shortest = Math.min(...known.map(({ length }) => length));
  const isSecretField = createFieldTest();

  const redactText = (text: string): string => {
    let clean = text;
    if (text.length >= shortest) {
      for (const secret of known) if (clean.includes(secret)) clean = clean.replaceAll(secret, REDACTED);
    }
    if (!MAY_HAVE_SECRET_SHAPE.test(clean)) return clean;
    for (const [shape, replacement] of SECRET_SHAPES) clean = clean.replace(shape, replacement);
    return clean;
  };

  const redact = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return redactText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > 6) return '[too deep]';
    if (value instanceof Date) return value.toISOString();
    if (value instanceof Error) return redactError(value, depth);
    if (Buffer.isBuffer(value)) return `[${value.length} bytes]`;
    if (Array.isArray(value)) return value.map((entry) => redact(entry, depth + 1));
    const copy: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      const entry = (value as Record<string, unknown>)[name];
      const isSecret = entry !== undefined && entry !== null && isSecretField(name);
      copy[name] = isSecret ? REDACTED : redact(entry, depth + 1);
    }
    return copy;
  };

  const redactError = (error: Error, depth: number): unknown => ({
    name: error.name,
    message: redactText(error.message),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...('code' in error ? { code: redact(error.code, depth + 1) } : {}),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
  });

  return (value) => redact(value, 0);
}

function createFieldTest(): (name: string) => boolean {
  const remembered = new Map<string, boolean>();
  return (name) => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const isSecret = SECRET_FIELD.test(name);
    if (remembered.size >= REMEMBERED_FIELDS) remembered.clear();
    remembered.set(name, isSecret);
    return isSecret;
  };
}

function spellings(secret: string): string[] {
  if (secret.length < 8) return [];
  const lines = secret
    .split(/\r?\n|\\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= 16 && !line.startsWith('-----'));
  const base64 = Buffer.from(secret).toString('base64');
  return [
    secret,
    ...lines,
    base64,
    base64.replace(/=+$/, ''),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
}
