const SIZES = {
  burstable: ['nano', 'micro', 'small', 'medium', 'large', 'xlarge', '2xlarge'],
  old: ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge'],
  recent: ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge', '24xlarge'],
} as const;

type Sizes = keyof typeof SIZES;
export type Architecture = 'x86_64' | 'arm64';

const FAMILIES: Readonly<Record<string, readonly [Sizes, Architecture]>> = {
  t2: ['burstable', 'x86_64'],
  t3: ['burstable', 'x86_64'],
  t3a: ['burstable', 'x86_64'],
  t4g: ['burstable', 'arm64'],
  c3: ['old', 'x86_64'],
  c4: ['old', 'x86_64'],
  m3: ['old', 'x86_64'],
  m4: ['old', 'x86_64'],
  r3: ['old', 'x86_64'],
  r4: ['old', 'x86_64'],
  i3: ['old', 'x86_64'],
  c5: ['recent', 'x86_64'],
  c6i: ['recent', 'x86_64'],
  c6g: ['recent', 'arm64'],
  c7i: ['recent', 'x86_64'],
  c7g: ['recent', 'arm64'],
  m5: ['recent', 'x86_64'],
  m6i: ['recent', 'x86_64'],
  m6g: ['recent', 'arm64'],
  m7i: ['recent', 'x86_64'],
  m7g: ['recent', 'arm64'],
  r5: ['recent', 'x86_64'],
  r6i: ['recent', 'x86_64'],
  r6g: ['recent', 'arm64'],
};

/** Not sold in every size of its group. */
const SINGLE: Readonly<Record<string, Architecture>> = {
  'm3.medium': 'x86_64',
  'c6g.medium': 'arm64',
  'm6g.medium': 'arm64',
};

/** The architecture of an instance type; `undefined` for a type that is not known here. */
export function architectureOf(instanceType: string): Architecture | undefined {
  if (Object.hasOwn(SINGLE, instanceType)) return SINGLE[instanceType];
  const [family = '', size = '', ...rest] = instanceType.split('.');
  const known = Object.hasOwn(FAMILIES, family) ? FAMILIES[family] : undefined;
  if (known === undefined || rest.length > 0) return undefined;
  const sizes: readonly string[] = SIZES[known[0]];
  return sizes.includes(size) ? known[1] : undefined;
}

/** The burstable families have CPU credits; the others refuse a credit specification. */
export function hasCpuCredits(instanceType: string): boolean {
  return /^t\d/.test(instanceType);
}
