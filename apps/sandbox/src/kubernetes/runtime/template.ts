import { createHash } from 'node:crypto';
import { isJson, jsonOf, stringsOf, type Json } from '../json.js';
import type { NewObject, OwnerReference } from '../objects.js';

/** What Kubernetes writes random names and hashes with: no vowels, so no words. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export function randomSuffix(random: () => number): string {
  return Array.from({ length: 5 }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('');
}

/** Ten letters that stand for a value, whatever the order of its fields. */
export function hashOf(value: unknown): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest();
  return [...digest.subarray(0, 10)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJson(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}

/** A pod made from a controller's template. */
export function podFrom(
  template: Json,
  place: { readonly name: string; readonly namespace: string; readonly owner: OwnerReference },
  extra: { readonly labels?: Readonly<Record<string, string>>; readonly spec?: Json } = {},
): NewObject {
  const metadata = jsonOf(template['metadata']);
  const annotations = stringsOf(metadata['annotations']);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: place.name,
      namespace: place.namespace,
      labels: { ...stringsOf(metadata['labels']), ...extra.labels },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [place.owner],
    },
    spec: { ...jsonOf(template['spec']), ...extra.spec },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  };
}
