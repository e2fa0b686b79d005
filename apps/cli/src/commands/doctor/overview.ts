import type { CacheState, Overview, ProcessState, QueueState } from '../../api/overview.js';
import { counted } from '../../output/counted.js';
import { spanOf } from '../../output/time.js';
import { ok, problem, warning, type Check } from './check.js';

/** Without one of each there is work that nobody does. */
const KINDS: Readonly<Record<string, string>> = {
  web: 'requests',
  worker: 'the work that is accepted',
  'mini-worker': 'the caches and the chores',
};
/** A waiting job that is older hints at too few workers. */
const OLD_JOB_SECONDS = 60;
/** A mini-worker that is younger may not have taken the lead yet. */
const YOUNG_SECONDS = 30;
/** Caches are read anew every few seconds. */
const OLD_CACHE_SECONDS = 120;

/** What the processes say of themselves: who is missing, what waits too long, what is too old. */
export function checkOverview(overview: Overview): readonly Check[] {
  const { processes, queues, caches, open_jobs, discovery } = overview;
  return [
    ...processes.map((one) => checkProcess(one, processes)),
    ...checkKinds(processes),
    ...checkVersions(processes),
    ...checkQueues(queues, open_jobs),
    ...checkCaches(caches),
    checkDiscovery(discovery),
  ];
}

function checkProcess(one: ProcessState, all: readonly ProcessState[]): Check {
  const { process, host, pid, version, alive, leads, uptime_seconds, last_beat_seconds, queues } = one;
  const who = `${host}, process ${pid}, version ${version}`;
  if (alive) {
    const role = leads === true ? ', leads' : '';
    const serves = queues.length === 0 ? '' : `, serves ${counted(queues.length, 'queue')}`;
    return ok(process, `${who}, up ${spanOf(uptime_seconds)}${role}${serves}`);
  }
  const detail = `${who}: silent for ${spanOf(last_beat_seconds)}`;
  const isReplaced = all.some((other) => other.alive && other.process === process);
  return isReplaced ? warning(process, `${detail}; another one lives`) : problem(process, detail, 'Start it again.');
}

function* checkKinds(processes: readonly ProcessState[]): Generator<Check> {
  for (const [kind, duty] of Object.entries(KINDS)) {
    if (processes.some(({ process }) => process === kind)) continue;
    yield problem(kind, `none is there: nobody does ${duty}`, `Start a ${kind}.`);
  }
  const minis = processes.filter(({ process, alive }) => process === 'mini-worker' && alive);
  if (minis.length > 0 && !minis.some(({ leads }) => leads === true)) {
    // They come to that within seconds of a start.
    yield minis.every(({ uptime_seconds }) => uptime_seconds < YOUNG_SECONDS)
      ? ok('mini-worker', 'none leads yet: they have just started, and one takes over in a moment')
      : warning('mini-worker', 'none leads at the moment; one takes over within seconds');
  }
}

function checkVersions(processes: readonly ProcessState[]): readonly Check[] {
  const versions = [...new Set(processes.filter(({ alive }) => alive).map(({ version }) => version))].toSorted();
  if (versions.length < 2) return [];
  return [warning('versions', `the processes run ${versions.join(' and ')}`, 'Finish the deployment.')];
}

function checkQueues(queues: readonly QueueState[], openJobs: number): readonly Check[] {
  const troubles = queues.flatMap((queue) => [...checkQueue(queue)]);
  if (troubles.length > 0) return troubles;
  return [ok('queues', `${queues.length}, each with a worker; ${counted(openJobs, 'job')} not done`)];
}

function* checkQueue({ name, waiting, failed, paused, oldest_seconds, workers }: QueueState): Generator<Check> {
  if (workers === 0)
    yield problem(
      'queue',
      `${name}: no worker serves it; ${counted(waiting, 'job')} waiting`,
      'Start a worker for it.',
    );
  if (paused) yield warning('queue', `${name}: paused; ${counted(waiting, 'job')} waiting`);
  if (workers > 0 && oldest_seconds !== null && oldest_seconds > OLD_JOB_SECONDS) {
    yield warning(
      'queue',
      `${name}: the oldest of ${counted(waiting, 'job')} has waited ${spanOf(oldest_seconds)}`,
      'Start more workers.',
    );
  }
  if (failed > 0)
    yield warning(
      'queue',
      `${name}: ${counted(failed, 'job')} given up in the last days`,
      'The log of the worker says why.',
    );
}

function checkCaches(caches: readonly CacheState[]): readonly Check[] {
  const old = caches.filter(({ age_seconds: age }) => age === null || age > OLD_CACHE_SECONDS);
  const next = 'The log of the mini-worker says why it does not read it anew.';
  if (old.length > 0) {
    return old.map(({ name, age_seconds: age }) =>
      warning('cache', `${name}: ${age === null ? 'never read' : `${spanOf(age)} old`}`, next),
    );
  }
  const oldest = Math.max(0, ...caches.map(({ age_seconds }) => age_seconds ?? 0));
  return [ok('caches', `${caches.length}, the oldest ${spanOf(oldest)} old`)];
}

function checkDiscovery(discovery: Overview['discovery']): Check {
  if (discovery === 'off') return ok('discovery', 'off: the server has no etcd');
  if (discovery === 'current') return ok('discovery', 'current');
  const next = 'Registrations fail until etcd is back; who operates the server must look at it.';
  return problem('discovery', 'behind: the server does not reach etcd', next);
}
