// The words and expressions of `k8s.io/apimachinery/pkg/util/validation`.
const LABEL_1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN_1123 = `${LABEL_1123}(\\.${LABEL_1123})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

function matches(expression: string, text: string): boolean {
  return new RegExp(`^(?:${expression})$`).test(text);
}

function explain(words: string, expression: string, ...examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}'`).join(',  or ');
  return `${words} (e.g. ${shown}, regex used for validation is '${expression}')`;
}

/** What is wrong with it, undefined where it is right; so do all that follow. */
export function subdomainProblem(text: string): string | undefined {
  if (text.length > 253) return 'must be no more than 253 characters';
  if (matches(SUBDOMAIN_1123, text)) return undefined;
  const words =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return explain(words, SUBDOMAIN_1123, 'example.com');
}

export function dnsLabelProblem(text: string): string | undefined {
  if (text.length > 63) return 'must be no more than 63 characters';
  if (matches(LABEL_1123, text)) return undefined;
  const words =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return explain(words, LABEL_1123, 'my-name', '123-abc');
}

export function serviceNameProblem(text: string): string | undefined {
  if (text.length > 63) return 'must be no more than 63 characters';
  if (matches(LABEL_1035, text)) return undefined;
  const words =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return explain(words, LABEL_1035, 'my-name', 'abc-123');
}

/** Keys of labels and annotations, names of finalizers. */
export function labelKeyProblem(key: string): string | undefined {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2) return 'a qualified name must consist of one name with an optional DNS subdomain prefix';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') return 'prefix part must be non-empty';
    const problem = subdomainProblem(prefix);
    if (problem !== undefined) return `prefix part ${problem}`;
  }
  if (name === '') return 'name part must be non-empty';
  if (name.length > 63) return 'name part must be no more than 63 characters';
  if (matches(QUALIFIED, name)) return undefined;
  const words =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return explain(words, QUALIFIED, 'MyName', 'my.name', '123-abc');
}

export function labelValueProblem(value: string): string | undefined {
  if (value.length > 63) return 'must be no more than 63 characters';
  if (matches(`(${QUALIFIED})?`, value)) return undefined;
  const words =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return explain(words, `(${QUALIFIED})?`, 'MyValue', 'my_value', '12345');
}

/** Names of container ports. */
export function portNameProblem(text: string): string | undefined {
  if (text.length > 15) return 'must be no more than 15 characters';
  if (!/^[-a-z0-9]+$/.test(text)) return 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)';
  if (!/[a-z]/.test(text)) return 'must contain at least one letter (a-z)';
  if (text.includes('--')) return 'must not contain consecutive hyphens';
  return /^-|-$/.test(text) ? 'must not begin or end with a hyphen' : undefined;
}

/** Keys of a Secret. */
export function dataKeyProblem(key: string): string | undefined {
  if (key.length > 253) return 'must be no more than 253 characters';
  if (key === '.' || key.startsWith('..')) return `must not be '.' and must not start with '..'`;
  if (/^[-._a-zA-Z0-9]+$/.test(key)) return undefined;
  const words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
  return explain(words, '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name');
}

export function isVariableName(name: string): boolean {
  return /^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name);
}

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

export const QUANTITIES = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** The number that a quantity such as `5Gi` or `100m` stands for, undefined where it is none. */
export function parseQuantity(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  const parts = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:[eE]([+-]?\d+)|([A-Za-z]{0,2}))$/.exec(text);
  if (parts === null) return undefined;
  const factor = parts[2] === undefined ? SUFFIXES[parts[3] ?? ''] : 10 ** Number(parts[2]);
  return factor === undefined ? undefined : Number(parts[1]) * factor;
}
