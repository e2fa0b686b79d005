import { counted } from '../../output/counted.js';
import type { ProgressState } from '../../output/progress.js';
import { spanOf } from '../../output/time.js';
import type { Cluster, LastOperation } from './couchdb-api.js';

/** What a cluster is to become. `settle`: what it is wished to be already. */
export type Goal =
  | { readonly kind: 'create' | 'scale'; readonly replicas: number }
  | { readonly kind: 'replicate'; readonly databases: readonly string[] }
  | { readonly kind: 'delete' | 'settle' };

/** All that was seen of a cluster while it was watched. */
export interface Sight {
  /** The change was accepted, as far as is known, and what comes of it is to be seen in the cluster alone. */
  readonly isAccepted: boolean;
  /** What was asked for, as the server calls it; undefined where that is not known. */
  readonly operation?: string;
  /** The server's words about a cluster that is not there. */
  readonly absence?: string;
  /** The answer to the request was lost, and nothing is seen yet of what it asks for. */
  readonly isDoubted?: true;
  /** When (ms since 1970) the server told of the cluster first, of those that are doubted. */
  readonly doubtedSince?: number;
  /** As it was seen last; undefined before, and when it is gone. */
  readonly cluster?: Cluster;
  /** As it was seen first. */
  readonly first?: Cluster;
  /** How often in a row it was not there. */
  readonly absences: number;
  /** It has begun to become what it is to be. */
  readonly hasMoved: boolean;
  /** When (ms since 1970) it was seen to be another than before. */
  readonly changedAt: number;
}

export type End =
  | { readonly is: 'done' }
  | {
      readonly is: 'failed';
      readonly why: string;
      /** The server has told why. */
      readonly isTold?: true;
      /** As it calls that, where it does. */
      readonly code?: string;
    };

/**
 * A cluster that is the same for so long (ms) is given up. Nodes may take 10 min to become ready, and copying shows no
 * change from outside.
 */
export const STILL_MS = 1_800_000;
/** The same where it is not known whether it was accepted. The mini-worker may have to put it into its queue first. */
export const DOUBT_MS = 120_000;

export function lookFirst(isAccepted: boolean, now: number): Sight {
  return { isAccepted, absences: 0, hasMoved: false, changedAt: now };
}

/** What is known after another look; `cluster` undefined: it is not there, with the server's words about it. */
export function seeAgain(goal: Goal, sight: Sight, cluster: Cluster | undefined, now: number, absence?: string): Sight {
  const { isAccepted, first = cluster, absences } = sight;
  const operation = operationToFollow(goal, sight, cluster?.LastOperation);
  const isSame = shapeOf(cluster) === shapeOf(sight.cluster);
  const hasMoved = sight.hasMoved || (cluster !== undefined && isMoving(goal, cluster, first));
  const known = {
    isAccepted,
    hasMoved,
    changedAt: isSame ? sight.changedAt : now,
    ...(first && { first }),
    ...(operation !== undefined && { operation }),
    ...(absence !== undefined && { absence }),
    ...(sight.isDoubted &&
      !hasMoved &&
      operation === undefined && { isDoubted: true as const, doubtedSince: sight.doubtedSince ?? now }),
  };
  return cluster === undefined ? { ...known, absences: absences + 1 } : { ...known, cluster, absences: 0 };
}

/** What is known to have been asked for; whoever only watches follows what is under way. */
function operationToFollow({ kind }: Goal, sight: Sight, last: LastOperation | undefined): string | undefined {
  if (last === undefined) return sight.operation;
  if (kind === 'settle') return last.State === 'waiting' ? last.Id : sight.operation;
  if (sight.operation !== undefined || !sight.isAccepted || last.Kind !== kind) return sight.operation;
  // Where the answer was lost, it is what came after the first look.
  return sight.isDoubted && last.Id === sight.first?.LastOperation?.Id ? undefined : last.Id;
}

/** What an operation changes; what is written to the databases meanwhile is none of its. */
function shapeOf(cluster: Cluster | undefined): string | undefined {
  return JSON.stringify(cluster, (name, value: unknown) => (name === 'Pending' ? undefined : value));
}

/** The answer to the request has come, with its operation's id, or was lost: from now on its absence says something. */
export function accept(sight: Sight, answer: { readonly operation?: string | undefined } | 'lost', now: number): Sight {
  const { operation } = answer === 'lost' ? {} : answer;
  return {
    ...sight,
    isAccepted: true,
    absences: 0,
    changedAt: now,
    ...(operation !== undefined && { operation }),
    ...(answer === 'lost' && { isDoubted: true }),
  };
}

/**
 * How an operation ended that took longer than its request: as the server says while it is the last one, else by what the
 * cluster has become.
 */
export function endOf(goal: Goal, sight: Sight, now: number): End | undefined {
  const { isAccepted, cluster, first, hasMoved, changedAt, isDoubted, doubtedSince = now } = sight;
  if (!isAccepted) return undefined;
  const last = cluster?.LastOperation;
  if (cluster !== undefined && last !== undefined && last.Id === sight.operation) {
    // The server itself gives up what does not get on for an hour.
    if (last.State === 'waiting') return undefined;
    const told = endTold(goal, cluster, last);
    if (told !== undefined) return told;
  }
  if (isDoubted && now - Math.max(changedAt, doubtedSince) >= DOUBT_MS) {
    const why = `Nothing has come of it for ${spanOf(DOUBT_MS / 1000)} since its answer was lost: it may not have been accepted.`;
    return { is: 'failed', why };
  }
  if (now - changedAt >= STILL_MS) {
    const why = `Nothing has changed for ${spanOf(STILL_MS / 1000)}: it may have failed, and the API does not tell any more.`;
    return { is: 'failed', why };
  }
  if (cluster === undefined) return endOfAbsent(goal, sight);
  if (goal.kind === 'delete') return undefined;
  if (isReached(goal, cluster)) return { is: 'done' };
  if (!hasMoved || first === undefined) return undefined;
  // Where it can not be done, the server brings it back to what it was.
  if (goal.kind === 'scale' && isSettled(cluster, first.Replicas)) {
    return {
      is: 'failed',
      why: `It was not scaled to ${goal.replicas}: it is back at ${nodesInWords(first.Replicas)}.`,
    };
  }
  if (goal.kind === 'replicate' && !hasAll(cluster, goal.databases)) {
    return { is: 'failed', why: 'A database was refused: the ring carries what it carried before.' };
  }
  return undefined;
}

/** `undefined`: what it says of the operation does not yet end what is watched. */
function endTold({ kind }: Goal, cluster: Cluster, { State, Message, Code }: LastOperation): End | undefined {
  if (State === 'done') return kind === 'delete' || kind === 'settle' ? undefined : { is: 'done' };
  if (kind === 'settle' && isSettled(cluster, cluster.Replicas)) return undefined;
  return { is: 'failed', isTold: true, why: Message ?? 'It has failed.', ...(Code !== undefined && { code: Code }) };
}

/** Twice, as a single look may fall between two steps of the server. While a creation waits, the server says nothing at all. */
function endOfAbsent({ kind }: Goal, { absences, first, isDoubted, absence }: Sight): End | undefined {
  if (absences < 2) return undefined;
  if (kind === 'delete' || kind === 'settle') return { is: 'done' };
  if (kind === 'create' && first === undefined) {
    if (isDoubted) return undefined;
    const reason = /It could not be made: .*/s.exec(absence ?? '')?.[0];
    if (reason !== undefined) return { is: 'failed', isTold: true, why: reason };
    return { is: 'failed', why: 'It could not be made, and what was made of it was removed.' };
  }
  return { is: 'failed', why: 'It is not there any more.' };
}

/** It is not as it was, because of this very change. */
function isMoving(goal: Goal, cluster: Cluster, first: Cluster | undefined): boolean {
  if (goal.kind === 'create') return true;
  if (goal.kind === 'delete') return cluster.Deleting === true;
  if (goal.kind === 'replicate') return hasAll(cluster, goal.databases);
  if (goal.kind !== 'scale' || first === undefined || first.Replicas === goal.replicas) return false;
  return cluster.Replicas === goal.replicas || sizeOfRing(cluster) === goal.replicas;
}

function isReached(goal: Goal, cluster: Cluster): boolean {
  const replicas = goal.kind === 'create' || goal.kind === 'scale' ? goal.replicas : cluster.Replicas;
  return isSettled(cluster, replicas) && (goal.kind !== 'replicate' || hasAll(cluster, goal.databases));
}

function hasAll({ Databases = [] }: Cluster, databases: readonly string[]): boolean {
  return databases.every((name) => Databases.includes(name));
}

/** All nodes are there and ready, and the ring goes through each of them. */
export function isSettled(cluster: Cluster, replicas: number): boolean {
  const { Replicas, Nodes = [], Replications = [], Deleting } = cluster;
  if (Deleting === true || Replicas !== replicas || Nodes.length !== replicas) return false;
  if (Nodes.some(({ Ready }) => !Ready) || Replications.some(({ State }) => State !== 'running')) return false;
  return sizeOfRing(cluster) === replicas;
}

/** One node has no ring; then the server shows none, as it does before one is drawn. */
function sizeOfRing({ Replications = [] }: Cluster): number {
  return Math.max(1, new Set(Replications.map(({ From }) => From)).size);
}

export function nodesInWords(count: number): string {
  return counted(count, 'node');
}

/** Where it stands, in words: `3 of 3 nodes ready, 4 of 6 replications run`. */
export function progressOf(goal: Goal, { cluster, first }: Sight, tag: string): ProgressState {
  if (cluster === undefined) return progressOfAbsent(goal, first, tag);
  const { Replicas, Nodes = [], Replications = [], Databases = [], Deleting } = cluster;
  if (goal.kind === 'delete' || Deleting === true) {
    const left = Nodes.length === 0 ? 'its volumes and addresses go' : `${nodesInWords(Nodes.length)} left`;
    return { done: Math.max(0, Replicas - Nodes.length), total: Replicas + 1, text: `${tag}: ${left}` };
  }
  const wished = goal.kind === 'create' || goal.kind === 'scale' ? goal.replicas : Replicas;
  const ways = wished === 1 ? 0 : wished * Databases.length;
  const surplus = Math.max(0, Nodes.length - wished);
  const ready = Nodes.filter(({ Ready }) => Ready).length;
  const running = Replications.filter(({ State }) => State === 'running').length;
  const leaving = surplus === 0 ? '' : `, ${surplus} to go`;
  const ring = Replications.length === 0 ? '' : `, ${running} of ${Replications.length} replications run`;
  return {
    done: Math.min(ready, wished) + Math.min(running, ways),
    total: wished + ways + surplus,
    text: `${tag}: ${ready} of ${nodesInWords(Math.max(wished, Nodes.length))} ready${leaving}${ring}`,
  };
}

function progressOfAbsent({ kind }: Goal, first: Cluster | undefined, tag: string): ProgressState {
  if (first !== undefined) return { done: 1, total: 1, text: `${tag}: gone` };
  return { done: 0, total: 1, text: kind === 'create' ? `${tag}: not there yet` : `${tag}: asked for` };
}
