import { isSameRing, toRingNode, type RingNode } from '@quartermaster/couchdb';
import { RetryLater } from '@quartermaster/jobs';
import { copyOnce, type Copy } from './copy-once.js';
import { findLate, isGone, LEAVING_MS, loadParting, type Departure } from './departure.js';
import { forEach, timeStep, type OperationSite } from './operation-site.js';
import { planSettling } from './plan-settling.js';

/** So often everything is copied where changes go on to come, though no client should reach the node any more. */
const MAX_TRIES = 40;
/** How long (ms) it is copied where clients can not be cut off: what comes later is written to a node that is known to go. */
const QUIET_MS = 10_000;
const BETWEEN_TRIES_MS = 1_000;

/** What one leaving node still has to prove: databases with how many changes each had before the copy. */
type Claim = { readonly from: RingNode; readonly sequences: Readonly<Record<string, number>> };
/** `inFront`: clients reach one of the leaving nodes (again). */
export type Confirmation = Departure | { readonly is: 'inFront' };
type Round = Confirmation | { readonly is: 'begun'; readonly to: RingNode; readonly claims: readonly Claim[] };

/**
 * Copies everything that leaving nodes have to one that stays, until nothing new was there after a copy that was not there
 * before it. `isQuiet`: their clients were cut off.
 */
export async function confirmArrival(
  site: OperationSite,
  name: string,
  leaving: readonly string[],
  isQuiet: boolean,
): Promise<Confirmation> {
  const since = await timeStep(site, `${name}-since`);
  /** By node: databases that are not confirmed. */
  let open: ReadonlyMap<string, readonly string[]> | undefined;
  let why = '';
  for (let count = 1; count <= MAX_TRIES; count += 1) {
    const step = `${name}-${count}`;
    const begunAt = await timeStep(site, `${step}-since`);
    const round = await site.journal.step<Round>(`${step}-look`, {
      act: () => look(site, leaving, open, begunAt),
    });
    if (round.is !== 'begun') return round;
    const copies = round.claims.map(({ from, sequences }): Copy => ({
      from,
      to: round.to,
      databases: Object.keys(sequences),
    }));
    const copied = await copyOnce(site, `${step}-copy`, copies, leaving);
    if (copied.is === 'copied' && copied.refused !== undefined) return { is: 'late', why: copied.refused };
    const left = await site.journal.step(`${step}-compare`, {
      act: async () => (copied.is === 'copied' ? await findUnconfirmed(site, round.claims, leaving) : null),
    });
    why = copied.is === 'again' ? copied.why : `${leaving.join(', ')} changed again and again`;
    if (left !== null) {
      open = new Map(left);
      if (open.size === 0) return { is: 'ready' };
      const wentOn = await timeStep(site, `${step}-end`);
      if (!isQuiet && wentOn - since >= QUIET_MS) return { is: 'ready' };
    }
    await site.pause(BETWEEN_TRIES_MS);
  }
  return { is: 'late', why };
}

/** What is to be copied from where to where; waits for nodes that are away. */
async function look(
  site: OperationSite,
  leaving: readonly string[],
  open: ReadonlyMap<string, readonly string[]> | undefined,
  since: number,
): Promise<Round> {
  const cluster = await loadParting(site, leaving);
  if (isGone(cluster, leaving)) return { is: 'gone' };
  const late = findLate(cluster, leaving, () => true);
  const plan = planSettling(cluster, new Set(leaving));
  const [to] = plan.members;
  if (late !== undefined || to === undefined) {
    if (site.now() - since < LEAVING_MS) throw new RetryLater(BETWEEN_TRIES_MS);
    return { is: 'late', why: late ?? 'nobody stays' };
  }
  if (cluster.nodes.some((node) => leaving.includes(node.name) && !node.leaving)) return { is: 'inFront' };
  const claims: Claim[] = [];
  for (const from of plan.leaving.filter(({ name }) => open === undefined || open.has(name))) {
    const databases = open?.get(from.name) ?? cluster.databases;
    claims.push({ from, sequences: await loadSequences(site, from, databases) });
  }
  return { is: 'begun', to, claims };
}

/** By node: databases that have changed since the claim. `null`: nothing can be said, as a node is not what it was then. */
async function findUnconfirmed(
  site: OperationSite,
  claims: readonly Claim[],
  leaving: readonly string[],
): Promise<[string, string[]][] | null> {
  const left: [string, string[]][] = [];
  await forEach(claims, async ({ from, sequences }) => {
    const after = await loadSequences(site, from, Object.keys(sequences));
    const moved = Object.keys(sequences).filter((database) => after[database] !== sequences[database]);
    if (moved.length > 0) left.push([from.name, moved]);
  });
  const { nodes } = await loadParting(site, leaving);
  const isSame = ({ from }: Claim): boolean => nodes.some((node) => isSameRing(toRingNode(node), [from]));
  const isOut = nodes.every((node) => node.leaving || !leaving.includes(node.name));
  return isOut && claims.every(isSame) ? left : null;
}

async function loadSequences(
  site: OperationSite,
  { address }: RingNode,
  databases: readonly string[],
): Promise<Record<string, number>> {
  return site.at(address, async (node) => {
    const sequences: Record<string, number> = {};
    for (const database of databases) {
      sequences[database] = await node.loadSequence(database, site.journal.guard);
    }
    return sequences;
  });
}
