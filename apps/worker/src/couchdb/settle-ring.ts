import { planRing, type RingNode } from '@quartermaster/couchdb';
import { RetryLater } from '@quartermaster/jobs';
import { copyOnce } from './copy-once.js';
import { forEach, loadCluster, OperationFailed, timeStep, type OperationSite } from './operation-site.js';
import { isSamePlan, isSettled, planSettling, type SettlingPlan } from './plan-settling.js';

/** Nodes that come and go more often than this have something that no ring can mend. */
const MAX_ROUNDS = 100;
const BETWEEN_ROUNDS_MS = 1_000;

/**
 * Has the ring go through all nodes that are ready, but for those that leave: these send to it only. A step of this name,
 * whose rounds are planned from what stands then; where that has changed meanwhile another round follows. What is right
 * already is left alone. Gives the ring.
 */
export function settleRing(
  site: OperationSite,
  name: string,
  leaving: readonly string[] = [],
): Promise<readonly RingNode[]> {
  const leavingNames = new Set(leaving);
  return site.journal.step(name, {
    act: async () => {
      const since = await timeStep(site, `${name}-since`);
      for (let round = 1; round <= MAX_ROUNDS; round += 1) {
        const plan = await site.journal.step(`${name}-${round}-plan`, {
          act: () => planNow(site, leavingNames, since),
        });
        const isCurrent = isSamePlan(plan, planSettling(await loadCluster(site), leavingNames));
        if (isCurrent && (await carryOut(site, `${name}-${round}`, plan, leaving))) {
          if (isSettled(await loadCluster(site), plan, leavingNames)) return plan.members;
        }
        await site.pause(BETWEEN_ROUNDS_MS);
      }
      const message = `The nodes of CouchDB cluster ${site.operation.tag} come and go; its ring could not be drawn.`;
      throw new OperationFailed('unavailable', 'ring-unsettled', message);
    },
  });
}

async function planNow(site: OperationSite, leavingNames: ReadonlySet<string>, since: number): Promise<SettlingPlan> {
  const plan = planSettling(await loadCluster(site), leavingNames);
  if (plan.members.length > 0) return plan;
  if (site.now() - since < site.settings.readyMs) throw new RetryLater(BETWEEN_ROUNDS_MS);
  const message = `None of the nodes of CouchDB cluster ${site.operation.tag} is ready.`;
  throw new OperationFailed('unavailable', 'cluster-not-ready', message);
}

/** False: a node went away while others were filled from it. */
async function carryOut(
  site: OperationSite,
  name: string,
  plan: SettlingPlan,
  staysOut: readonly string[],
): Promise<boolean> {
  const { journal, host, operation } = site;
  const { members, leaving, newcomers, source, databases } = plan;
  const senders = [...members, ...leaving];
  await forEach(senders, ({ address }, number) =>
    journal.step(`${name}-databases-${number}`, {
      act: (guard) => site.at(address, (node) => node.ensureDatabases(databases, guard)),
    }),
  );
  if (source !== undefined) {
    const copies = newcomers.map((to) => ({ from: source, to, databases }));
    const filled = await copyOnce(site, `${name}-fill`, copies, staysOut);
    if (filled.is === 'again') return false;
    // The ring would not bring them over either.
    if (filled.refused !== undefined) site.log.warn('A CouchDB node lacks documents', { error: filled.refused });
  }
  const edges = planRing(members, databases, leaving);
  const wished = new Set(edges.map(({ id }) => id));
  await forEach(senders, ({ name: sender, address }, number) =>
    journal.step(`${name}-draw-${number}`, {
      act: (guard) =>
        site.at(address, async (node) => {
          const standing = await node.listReplications(guard);
          for (const edge of edges.filter(({ source }) => source === sender)) {
            // CouchDB does not try again what it has given up.
            if (standing.some(({ id, state }) => id === edge.id && state === 'failed')) {
              await node.removeReplication(edge.id, guard);
            }
            await node.putReplication(edge, guard);
          }
        }),
    }),
  );
  // What was drawn formerly goes when the new ways are there, also copies that a dead operation has left.
  await forEach(senders, ({ address }, number) =>
    journal.step(`${name}-tidy-${number}`, {
      act: (guard) =>
        site.at(address, async (node) => {
          for (const { id } of await node.listReplications(guard)) {
            if (!wished.has(id)) await node.removeReplication(id, guard);
          }
        }),
    }),
  );
  await journal.step(`${name}-note`, { act: (guard) => host.note(operation, { ring: members }, guard) });
  return true;
}
