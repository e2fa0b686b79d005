import type { ErrorRecord } from '@quartermaster/foundation';
import type { BuildRequest } from '@quartermaster/instances';
import { BUILD_FILTERS, type Build, type BuildFilter, type BuildState } from './build.js';
import { ACCEPT, FAIL, LAUNCH, LOAD, RELEASE, REPORT, UNREPORTED } from './build-scripts.js';
import { listBuilds } from './list-builds.js';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { openJobArguments, type OpenJob } from './open-jobs.js';
import { runScript } from './script.js';

export type AcceptedBuild =
  | { readonly outcome: 'accepted' | 'same' | 'differs' }
  /** The fleet would grow above its limit; `inUse` counts what runs and what is on its way. */
  | { readonly outcome: 'full'; readonly inUse: number };

/**
 * `kept`: the report came before RunInstances' answer. `look-again`: nothing was recorded, since the report would end the
 * build and no job to tell of it was given. `reported`: how many have reported by now.
 */
export interface ReportOutcome {
  readonly outcome: 'unknown-build' | 'unknown-instance' | 'repeated' | 'look-again' | 'kept' | 'recorded' | 'finished';
  readonly reported: number;
}

/** RunInstances' answer, and the jobs that are opened when it is recorded. */
export interface Launched {
  readonly instance_ids: readonly string[];
  /** The new end of the init script and its credential, ms since 1970. */
  readonly script_expires_at: number;
  readonly jobs: readonly OpenJob[];
}

/**
 * `finished`: all instances had reported before. `failed`: somebody has given the build up meanwhile, and nothing was
 * opened. `has_script` tells whether its init script is still kept.
 */
export interface LaunchOutcome {
  readonly outcome: 'started' | 'finished' | 'failed';
  readonly has_script: boolean;
}

/** What is opened together with a report. */
export interface ReportJobs {
  /** Tells of this report; `{reported}` in it becomes the number of instances that have. */
  readonly notification: OpenJob | undefined;
  /** Tells of the end of the build, where this report is the last; `none`: nobody needs to be told. */
  readonly ending: OpenJob | 'none' | undefined;
}

export interface Builds {
  /** Keeps a new build together with its open job, or tells why not. The same id and fingerprint is the same build. */
  accept(build: NewBuild, maxInstances: number, now: number): Promise<AcceptedBuild>;
  load(id: string): Promise<Build | undefined>;
  /** Newest first. `more`: there are builds beyond this page. */
  list(filter: BuildFilter, page: number, limit: number): Promise<{ builds: Build[]; more: boolean }>;
  /** Gives back what a build that is not kept any more had reserved. */
  release(id: string): Promise<void>;
  /**
   * RunInstances has answered. Reports that came before are counted, those of strangers dropped; the init script's time
   * counts anew. Asked again it changes nothing and gives the same outcome.
   */
  launch(id: string, launched: Launched, now: number): Promise<LaunchOutcome>;
  /** Nothing is to boot: done. */
  finish(id: string, now: number): Promise<void>;
  /** Marks a pending build as failed; one that has started or ended is left as it is. */
  fail(id: string, error: ErrorRecord, now: number): Promise<void>;
  /** Records an instance's report, and opens its jobs with it. The same report again changes nothing. */
  report(id: string, instanceId: string, jobs: ReportJobs, now: number): Promise<ReportOutcome>;
  /** Lists what has not reported of a build that is still `started`; returns it. */
  markUnreported(id: string): Promise<string[]>;
}

export interface NewBuild {
  readonly id: string;
  readonly fingerprint: string;
  readonly request: BuildRequest;
  readonly request_id: string;
  readonly job: OpenJob;
}

/** Builds in Redis: a hash each, kept `retentionMs` after the last change of state, and indexes by creation time. */
export function createBuilds(redis: Redis, keys: Keys, retentionMs: number): Builds {
  const load = async (id: string): Promise<Build | undefined> => {
    const hashes = (await runScript(redis, LOAD, [keys.build(id), keys.buildReports(id)], [])) as [string[], string[]];
    return parseBuild(id, fromPairs(hashes[0]), fromPairs(hashes[1]));
  };
  const ownKeys = (id: string): string[] => [keys.build(id), keys.buildReports(id), keys.reservedInstances];

  const stateIndex = (state: BuildState): string => keys.buildIndex('state', state);
  const launchKeys = (id: string): string[] => [
    ...ownKeys(id),
    stateIndex('pending'),
    stateIndex('started'),
    stateIndex('finished'),
    keys.openJobs,
    keys.openJobSpecs,
    keys.initScript(id),
  ];

  return {
    load,
    accept: async (build, maxInstances, now) => {
      const { request } = build;
      const indexes = [
        keys.buildIndex(),
        stateIndex('pending'),
        ...BUILD_FILTERS.map((field) => keys.buildIndex(field, request[field])),
      ];
      const reply = (await runScript(
        redis,
        ACCEPT,
        [
          ...ownKeys(build.id),
          keys.managedInstances,
          keys.openJobs,
          keys.openJobSpecs,
          keys.journal(`build:${build.id}`),
          ...indexes,
        ],
        [
          build.id,
          build.fingerprint,
          now,
          retentionMs,
          request.boot_instance ? request.count : 0,
          maxInstances,
          JSON.stringify(request),
          build.request_id,
          ...openJobArguments(build.job, now),
        ],
      )) as [string, number];
      if (reply[0] === 'full') return { outcome: 'full', inUse: reply[1] };
      return { outcome: reply[0] as 'accepted' | 'same' | 'differs' };
    },
    list: (filter, page, limit) => listBuilds({ redis, keys, load }, filter, page, limit),
    release: async (id) => void (await runScript(redis, RELEASE, [keys.reservedInstances], [id])),
    launch: async (id, { instance_ids, script_expires_at, jobs }, now) => {
      const opened = jobs.flatMap((job) => openJobArguments(job, now));
      const args = [id, now, retentionMs, script_expires_at, jobs.length, ...opened, ...instance_ids];
      const reply = (await runScript(redis, LAUNCH, launchKeys(id), args)) as [LaunchOutcome['outcome'], number];
      return { outcome: reply[0], has_script: reply[1] === 1 };
    },
    finish: async (id, now) => {
      await runScript(redis, LAUNCH, launchKeys(id), [id, now, retentionMs, 0, 0]);
    },
    fail: async (id, error, now) => {
      const failKeys = [...ownKeys(id), stateIndex('pending'), stateIndex('failed')];
      await runScript(redis, FAIL, failKeys, [id, now, retentionMs, JSON.stringify(error)]);
    },
    report: async (id, instanceId, { notification, ending }, now) => {
      const opened = (job: OpenJob | 'none' | undefined): (string | number)[] =>
        typeof job === 'object' ? openJobArguments(job, now) : ['', '', 0];
      const [outcome, reported] = (await runScript(
        redis,
        REPORT,
        [
          keys.build(id),
          keys.buildReports(id),
          keys.openJobs,
          keys.openJobSpecs,
          stateIndex('started'),
          stateIndex('finished'),
        ],
        [
          instanceId,
          now,
          new Date(now).toISOString(),
          retentionMs,
          ...opened(notification),
          ...opened(ending),
          ending === 'none' ? '1' : '0',
          id,
        ],
      )) as [ReportOutcome['outcome'], number];
      return { outcome, reported };
    },
    markUnreported: async (id) =>
      (await runScript(redis, UNREPORTED, [keys.build(id), keys.buildReports(id)], [])) as string[],
  };
}

/** A hash as a script returns it: fields and values in turn. */
function fromPairs(flat: readonly string[]): Record<string, string> {
  const hash: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) hash[flat[i] ?? ''] = flat[i + 1] ?? '';
  return hash;
}

function parseBuild(id: string, hash: Record<string, string>, reports: Record<string, string>): Build | undefined {
  if (hash['request'] === undefined) return undefined;
  const time = (field: string): string | undefined => {
    const value = hash[field];
    return value === undefined ? undefined : new Date(Number(value)).toISOString();
  };
  const startedAt = time('started_at');
  const finishedAt = time('finished_at');
  return {
    id,
    state: hash['state'] as BuildState,
    request: JSON.parse(hash['request']) as BuildRequest,
    request_id: hash['request_id'] ?? '',
    instance_ids: (hash['instances'] ?? '').split(',').filter((entry) => entry !== ''),
    reports,
    // One that reported late is not missing any more.
    unreported: (hash['unreported'] ?? '').split(',').filter((entry) => entry !== '' && reports[entry] === undefined),
    ...(hash['error'] === undefined ? {} : { error: JSON.parse(hash['error']) as ErrorRecord }),
    created_at: time('created_at') ?? '',
    ...(startedAt === undefined ? {} : { started_at: startedAt }),
    ...(finishedAt === undefined ? {} : { finished_at: finishedAt }),
    ...(hash['secret_hash'] === undefined
      ? {}
      : { credential: { hash: hash['secret_hash'], expires_at: Number(hash['secret_expires_at'] ?? '0') } }),
  };
}
