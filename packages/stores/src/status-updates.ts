import type { ErrorRecord } from '@quartermaster/foundation';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';
import { openJobArguments, type OpenJob } from './open-jobs.js';
import { runScript } from './script.js';
import { ACCEPT, LOAD, STORE } from './status-scripts.js';
import type {
  AcceptedUpdate,
  ForwardingEnd,
  ForwardingTrouble,
  GivenUp,
  ServiceStatus,
  StatusUpdate,
  WaitingUpdate,
} from './status-update.js';

/** How much is kept. What was accepted is never dropped for it: what is too much is refused. */
export interface StatusLimits {
  /** Updates of one service that may wait. */
  readonly waiting: number;
  /** Their size together. */
  readonly waiting_bytes: number;
  /** Services; a new one takes the place of the one that has been silent longest and of which nothing waits. */
  readonly services: number;
}

export const STATUS_LIMITS: StatusLimits = { waiting: 10_000, waiting_bytes: 16 * 1024 * 1024, services: 10_000 };

/** How long (ms) the latest update of a service is kept after it was forwarded or given up. */
const RETENTION_MS = 30 * 86_400_000;
/** As long as its `Idempotency-Key`. */
const MARKER_MS = 86_400_000;

/** Status updates as `web` sees them. */
export interface StatusUpdates {
  /**
   * Takes an update: the service's latest, its list of what waits to be forwarded and the open job `forward-status` in one
   * script, or nothing of it and why not. `mayRepeat`: the same update (by id) may come again, and is `same` then, as it was
   * recorded the first time; its job is opened anew while anything of the service waits, to be dispatched again. `job`:
   * `producer.describe('forward-status', { service })`.
   */
  accept(wanted: WaitingUpdate, mayRepeat: boolean, job: OpenJob, now: number): Promise<AcceptedUpdate>;
  /** `undefined`: not known (any more). */
  load(service: string): Promise<ServiceStatus | undefined>;
  /** Those that were heard of last first, `page` from 1. `more`: there are services beyond this page. */
  list(page: number, limit: number): Promise<{ services: ServiceStatus[]; more: boolean }>;
}

/** What came of updates at the head of a service's list, and how the target does. */
export interface ForwardingStep {
  /** Taken off the list: these, from its head on. */
  readonly ids: readonly string[];
  /** What became of the last of them. */
  readonly ended?: { readonly state: ForwardingEnd; readonly error?: ErrorRecord };
  readonly given_up?: GivenUp;
  /** Missing: none (any more). It is kept only while something waits. */
  readonly trouble?: ForwardingTrouble | undefined;
  /** Opened together with it; to be dispatched afterwards. */
  readonly jobs?: readonly OpenJob[];
}

/** Status updates as the worker sees them. */
export interface StatusForwarding {
  /** The first `limit` of what waits, in the order of acceptance. */
  look(
    service: string,
    limit: number,
  ): Promise<{ readonly waiting: WaitingUpdate[]; readonly trouble?: ForwardingTrouble }>;
  /** `fence`: of the journal of `status:<service>`; false, and nothing stored, where somebody else has begun since. */
  store(service: string, fence: number, step: ForwardingStep, now: number): Promise<boolean>;
}

export function createStatusUpdates(
  redis: Redis,
  keys: Keys,
  limits: StatusLimits = STATUS_LIMITS,
): StatusUpdates & StatusForwarding {
  const prefixes = [keys.status(''), keys.statusWaiting('')];
  const loadAll = async (services: readonly string[]): Promise<ServiceStatus[]> => {
    if (services.length === 0) return [];
    const found = (await runScript(redis, LOAD, [], [...prefixes, ...services])) as Loaded[];
    return found.flatMap((one) => parseService(one) ?? []);
  };

  return {
    accept: async (wanted, mayRepeat, job, now) => {
      const { update } = wanted;
      const [outcome, detail] = (await runScript(
        redis,
        ACCEPT,
        [
          keys.status(update.service),
          keys.statusWaiting(update.service),
          keys.statuses,
          keys.statusAccepted(update.id),
          keys.openJobs,
          keys.openJobSpecs,
        ],
        [
          update.id,
          update.service,
          JSON.stringify(wanted),
          JSON.stringify(update),
          update.timestamp,
          now,
          RETENTION_MS,
          mayRepeat ? MARKER_MS : 0,
          limits.waiting,
          limits.waiting_bytes,
          limits.services,
          ...prefixes,
          ...openJobArguments(job, now),
        ],
      )) as [AcceptedUpdate['outcome'], string | number];
      if (outcome === 'full') return { outcome, waiting: Number(detail) };
      if (outcome === 'too-many-services') return { outcome };
      return { outcome, update: outcome === 'same' ? { ...update, timestamp: String(detail) } : update };
    },
    load: async (service) => (await loadAll([service]))[0],
    list: async (page, limit) => {
      const start = (page - 1) * limit;
      const names = await redis.zrange(keys.statuses, String(start), String(start + limit), 'REV');
      return { services: await loadAll(names.slice(0, limit)), more: names.length > limit };
    },
    look: async (service, limit) => {
      const [entries, trouble] = await Promise.all([
        redis.lrange(keys.statusWaiting(service), 0, limit - 1),
        redis.hget(keys.status(service), 'trouble'),
      ]);
      const waiting = entries.map((entry) => JSON.parse(entry.slice(entry.indexOf(' ') + 1)) as WaitingUpdate);
      return { waiting, ...(trouble === null ? {} : { trouble: JSON.parse(trouble) as ForwardingTrouble }) };
    },
    store: async (service, fence, { ids, ended, given_up, trouble, jobs = [] }, now) => {
      const stored = await runScript(
        redis,
        STORE,
        [
          keys.journal(`status:${service}`),
          keys.status(service),
          keys.statusWaiting(service),
          keys.openJobs,
          keys.openJobSpecs,
        ],
        [
          fence,
          RETENTION_MS,
          toJson(ended),
          toJson(given_up),
          toJson(trouble),
          ids.length,
          ...ids,
          ...jobs.flatMap((job) => openJobArguments(job, now)),
        ],
      );
      return stored === 1;
    },
  };
}

type Loaded = [service: string, latest: string, ended: string, givenUp: string, trouble: string, waiting: number];

function parseService([, latest, ended, givenUp, trouble, waiting]: Loaded): ServiceStatus | undefined {
  if (latest === '') return undefined;
  return {
    latest: JSON.parse(latest) as StatusUpdate,
    waiting,
    ...(ended === '' ? {} : { ended: JSON.parse(ended) as Exclude<ServiceStatus['ended'], undefined> }),
    ...(trouble === '' ? {} : { trouble: JSON.parse(trouble) as ForwardingTrouble }),
    ...(givenUp === '' ? {} : { given_up: JSON.parse(givenUp) as GivenUp }),
  };
}

function toJson(value: object | undefined): string {
  return value === undefined ? '' : JSON.stringify(value);
}
