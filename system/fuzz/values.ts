import type { Random } from '../soak/random';

/** What of a schema of the document is looked at. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** Words that stand for something somewhere in the product. */
const WORDS = [
  'org',
  'staging',
  'docker',
  'worker',
  'c3.2xlarge',
  'ami-00aabbcc',
  'general',
  'finished',
  'i-abcd1234',
  'true',
  'fuzz.example.com',
  '10.1.2.3',
  'echo-steps',
  'layer-rolling-restart',
  'api',
  '20m',
  '50%',
  'my-test-db1',
  '2',
];
const NASTY = [
  '',
  ' ',
  '\u0000',
  '\r\nX-Injected: 1',
  '../../etc/passwd',
  '%',
  '%2e%2e',
  '{{ constructor }}',
  '__proto__',
  '[object Object]',

  'ünïcödé',
  '\u202e',
  '🚀'.repeat(20),
  '\ud800',
  'NaN',
  '-0',
  '1e999',
  'null',
  '1'.repeat(400),
  'x'.repeat(5000),
  "';--",
  '*',
];

/** A value that a schema may well take. */
export function likely(schema: Schema, random: Random): unknown {
  const { anyOf, enum: known } = schema;
  if (anyOf !== undefined) return likely(one(anyOf, random) ?? {}, random);
  if (known !== undefined) return one(known, random);
  switch (schema.type) {
    case 'integer':
    case 'number':
      return random.whole(schema.minimum ?? 0, Math.min(schema.maximum ?? 3, (schema.minimum ?? 0) + 3));
    case 'boolean':
      return random.chance(0.5);
    case 'array':
      return Array.from({ length: random.whole(1, 3) }, () => likely(schema.items ?? {}, random));
    case 'object':
      return likelyObject(schema, random);
    default: {
      const pattern = schema.pattern === undefined ? undefined : new RegExp(schema.pattern, 'u');
      const fitting = [...WORDS, random.uuid()].filter((word) => pattern?.test(word) !== false);
      return one(fitting, random) ?? 'word';
    }
  }
}

function likelyObject({ properties = {}, required = [] }: Schema, random: Random): object {
  const taken = Object.entries(properties).filter(([name]) => required.includes(name) || random.chance(0.4));
  return Object.fromEntries(taken.map(([name, schema]) => [name, likely(schema, random)]));
}

/** A value with something wrong in it, at any depth. */
export function broken(schema: Schema, random: Random): unknown {
  const value = likely(schema, random);
  if (typeof value !== 'object' || value === null || random.chance(0.15)) return nonsense(random);
  const entries = Object.entries(value);
  const [name] = one(entries, random) ?? ['missing'];
  const way = random.whole(0, 3);
  if (way === 0) return Object.fromEntries(entries.filter(([other]) => other !== name));
  if (way === 1) return { ...value, [String(one(NASTY, random))]: nonsense(random) };
  const inner = schema.properties?.[name];
  return { ...value, [name]: way === 2 && inner !== undefined ? broken(inner, random) : nonsense(random) };
}

/** Anything at all that JSON can say. */
function nonsense(random: Random): unknown {
  const ways: (() => unknown)[] = [
    () => one(NASTY, random),
    () => one(WORDS, random),
    () => one([0, -1, 1.5, 2 ** 53, -(2 ** 31), 1e308], random),
    () => null,
    () => random.chance(0.5),
    () => [],
    () => ({}),
    () => [[[null, {}]], 'x'],
    () => ({ length: -1, toString: 'x', constructor: { prototype: {} } }),
    () => deep(random.whole(10, 400)),
    () => Array.from({ length: 500 }, (_, i) => i),
  ];
  return one(ways, random)?.();
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value;
}

/** A text for a place in a path, a query or a form. */
export function anyText(schema: Schema, random: Random): string {
  const value = random.chance(0.6) ? likely(schema, random) : nonsense(random);
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
    .slice(0, 6000)
    .replace(/[\ud800-\udfff]/g, '�');
}

export function one<T>(choices: readonly T[], random: Random): T | undefined {
  return choices[random.whole(0, choices.length - 1)];
}
