import { createHash } from 'node:crypto';
import type { ClusterKey } from './cluster.js';

/** What stands for an account in names and labels: 8 hexadecimal digits. */
export function ownerHash(owner: string): string {
  return createHash('sha256').update(owner).digest('hex').slice(0, 8);
}

/** What all names of a cluster's objects begin with: at most 21 characters, a DNS label that begins with a letter. */
export function clusterName({ owner, tag }: ClusterKey): string {
  return `${tag}-${ownerHash(owner)}`;
}
