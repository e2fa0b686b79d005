import {
  isSameRing,
  planCopy,
  toRingNode,
  type Replication,
  type RingEdge,
  type RingNode,
  type StandingCluster,
} from '@quartermaster/couchdb';
import type { EffectGuard } from '@quartermaster/foundation';
import { loadParting } from './departure.js';
import { awaitStep, forEach, loadCluster, OperationFailed, type OperationSite } from './operation-site.js';

/** Databases that are to be brought from one node to another. */
export interface Copy {
  readonly from: RingNode;
  readonly to: RingNode;
  readonly databases: readonly string[];
}

/** `refused`: what a target did not take though the copy has ended. `why` it has to be done again. */
export type CopyEnd =
  { readonly is: 'copied'; readonly refused?: string } | { readonly is: 'again'; readonly why: string };

/** How long (ms) a copy may bring nothing over. */
const STANDSTILL_MS = 600_000;

/**
 * Brings all that nodes have of databases to other nodes, once, and waits until it is there. `again`: it is not, for a
 * node went away or was started anew, or CouchDB gave up. `leaving`: who is to stay out of the front Service. Throws `OperationFailed` where nothing moves for ten minutes.
 */
export async function copyOnce(
  site: OperationSite,
  name: string,
  copies: readonly Copy[],
  leaving: readonly string[],
): Promise<CopyEnd> {
  const { journal } = site;
  const sources = copies.map((copy) => ({
    copy,
    edges: copy.databases.map((database) => planCopy(copy.from, copy.to, database)),
  }));
  const remove = (edges: readonly RingEdge[], from: RingNode, guard: EffectGuard): Promise<void> =>
    site.at(from.address, async (node) => {
      for (const { id } of edges) await node.removeReplication(id, guard);
    });

  await forEach(sources, ({ copy, edges }, number) =>
    journal.step(`${name}-${number}-begin`, {
      act: async (guard) => {
        if (!(await isThere(site, copy))) return;
        // One that was left behind would look as if this one were done.
        await remove(edges, copy.from, guard);
        await site.at(copy.from.address, async (node) => {
          for (const edge of edges) await node.putReplication(edge, guard);
        });
      },
    }),
  );
  const verdict = await awaitStep(site, `${name}-await`, () => lookAt(site, sources, leaving));
  // On a node that went away it stays, until that one comes back and the ring is drawn through it.
  await forEach(sources, ({ copy, edges }, number) =>
    journal.step(`${name}-${number}-end`, {
      act: async (guard) => ((await isThere(site, copy)) ? remove(edges, copy.from, guard) : undefined),
    }),
  );
  return verdict;
}

async function isThere(site: OperationSite, copy: Copy): Promise<boolean> {
  return areThere(await loadCluster(site), copy);
}

/** Whether both ends are ready and were not started anew. */
function areThere({ nodes }: StandingCluster, { from, to }: Copy): boolean {
  return [from, to].every((end) => nodes.some((node) => node.ready && isSameRing(toRingNode(node), [end])));
}

async function lookAt(
  site: OperationSite,
  sources: readonly { readonly copy: Copy; readonly edges: readonly RingEdge[] }[],
  leaving: readonly string[],
): Promise<CopyEnd | undefined> {
  const { guard } = site.journal;
  let isDone = true;
  const refused: string[] = [];
  for (const { copy, edges } of sources) {
    if (!areThere(await loadParting(site, leaving), copy)) {
      return { is: 'again', why: `${copy.from.name} or ${copy.to.name} went away or was started anew` };
    }
    const standing = await site.at(copy.from.address, (node) => node.listReplications(guard));
    for (const edge of edges) {
      const found = standing.find(({ id }) => id === edge.id);
      if (found === undefined || found.state === 'failed') {
        const of = { database: edge.database, from: edge.source, to: edge.target, reason: found?.reason };
        site.log.warn('A copy between two CouchDB nodes has failed; it is begun again', of);
        return { is: 'again', why: describeFailure(edge, found?.reason) };
      }
      if (found.state === 'completed') {
        refused.push(...describeRefused(edge, found, standing));
        continue;
      }
      isDone = false;
      const moved = await loadMark(site, copy, edge, found);
      if (site.standstill.lasts(...moved) > STANDSTILL_MS) throw standsStill(edge, found.reason);
    }
  }
  if (!isDone) return undefined;
  return refused.length === 0 ? { is: 'copied' } : { is: 'copied', refused: refused.join('; ') };
}

/** What grows while a copy gets on: by its own word, or else what clients, too, bring to its target. */
async function loadMark(
  site: OperationSite,
  { to }: Copy,
  { id, database }: RingEdge,
  { progress }: Replication,
): Promise<[key: string, mark: number]> {
  const key = `${site.operation.id} ${id}`;
  if (progress !== undefined) return [`${key} progress`, progress];
  return [key, await site.at(to.address, (node) => node.loadSequence(database, site.journal.guard))];
}

/**
 * The ring goes the same way, and CouchDB does not offer again what one of the two has failed to bring over: so both are
 * looked at.
 */
function describeRefused(
  { database, source, target }: RingEdge,
  { target: end }: Replication,
  standing: readonly Replication[],
): string[] {
  const sameWay = standing.filter((one) => one.database === database && one.target === end);
  const count = Math.max(0, ...sameWay.map(({ writeFailures = 0 }) => writeFailures));
  if (count === 0) return [];
  const documents = count === 1 ? '1 document' : `${count} documents`;
  return [`${target} did not take ${documents} of database ${database} from ${source}`];
}

function describeFailure({ database, source, target }: RingEdge, reason: string | undefined): string {
  return `database ${database} could not be copied from ${source} to ${target}${because(reason)}`;
}

function standsStill({ database, source, target }: RingEdge, reason: string | undefined): OperationFailed {
  const what = `Nothing of database ${database} has come from ${source} to ${target} for 10 minutes`;
  return new OperationFailed('unavailable', 'couchdb-copy-stands-still', `${what}${because(reason)}.`);
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`;
}
