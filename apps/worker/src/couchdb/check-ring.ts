import { sumUpRing, hasGaps, type ClusterHost, type ClusterKey } from '@quartermaster/couchdb';
import type { EffectGuard, Logger } from '@quartermaster/foundation';
import type { RingBoard } from '@quartermaster/stores';
import { askToMend, type MendParts } from './ask-to-mend.js';
import { createSeeRing, type RingParts } from './see-ring.js';

export interface RingCheckParts extends RingParts, MendParts {
  readonly host: Pick<ClusterHost, 'find' | 'loadAdmin'>;
  readonly rings: Pick<RingBoard, 'note'>;
}

/** How often a ring is drawn anew unasked in which CouchDB has given a replication up: it may well do so again. */
const FAILED_EVERY_MINUTES = 15;

/** Looks how far the ring of a cluster has come, for the metrics, and has it mended where it has gaps. */
export async function checkRing(
  parts: RingCheckParts,
  key: ClusterKey,
  guard: EffectGuard,
  log: Logger,
): Promise<void> {
  const cluster = await parts.host.find(key, guard);
  if (cluster === undefined || cluster.deleting) return;
  const ways = await createSeeRing(parts, guard, log)(cluster);
  guard.assertHeld();
  await parts.rings.note(cluster.name, sumUpRing(ways));
  const isMissing = ways.some(({ state }) => state === 'missing');
  if (hasGaps(ways)) await askToMend(parts, cluster, log, isMissing ? 1 : FAILED_EVERY_MINUTES);
}
