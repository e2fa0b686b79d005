import { toRecordSet, type RecordWish } from '@quartermaster/dns';
import { AppError, fromErrorRecord } from '@quartermaster/foundation';
import type { Asked, ChangeSet, DnsRecords, NewChangeSet } from '@quartermaster/stores';
import type { Producer } from '@quartermaster/jobs';
import type { ApiRequest, Reply } from '../api.js';
import { WorkFailed } from '../errors.js';
import { waitFor } from '../prefer.js';
import type { QueueWatch } from '../queue-watch.js';
import { recordHref, replyWithRecord, shownAs, type ShownRecord } from '../show-record.js';

export interface AskParts {
  readonly records: DnsRecords;
  readonly producer: Producer;
  readonly queueWatch: QueueWatch;
}

/** What is to become of one record. */
export interface RecordChangeRequest {
  /** Under which name it is found; `wish` may name another. */
  readonly hostname: string;
  /** Missing: it is to be deleted. */
  readonly wish?: RecordWish;
  readonly zoneId: string;
  readonly force: boolean;
  readonly mustExist: boolean;
  /** Of the answer once Route 53 has accepted it. */
  readonly doneStatus: 200 | 201;
  readonly slackChannel: string | undefined;
  /** What is deleted. */
  readonly former?: ShownRecord;
}

/**
 * Keeps a wish with its job and waits, as long as the caller would, until Route 53 has accepted it: then the record with
 * `doneStatus`, or 202 where that takes longer. Throws what Route 53 or the zone has against it, and what contradicts
 * other records of ours.
 */
export async function askForRecord(
  { records, producer, queueWatch }: AskParts,
  request: ApiRequest,
  change: RecordChangeRequest,
): Promise<Reply> {
  const set = toChangeSet(request, change);
  const job = producer.describe('drain-zone', { zone_id: set.zone_id }, { request_id: request.id });
  const asked = await records.ask(set, job, Date.now());
  refuse(asked, change);
  // The job is open already; should this fail, a repetition or the mini-worker puts it into its queue.
  if (asked.outcome === 'accepted') await producer.dispatch(job);
  if (asked.outcome === 'same' && (await records.loadSet(set.id))?.state === 'waiting') {
    await producer.enqueue('drain-zone', { zone_id: set.zone_id }, { request_id: request.id });
  }

  const isOver = (seen: ChangeSet | undefined): boolean => seen !== undefined && seen.state !== 'waiting';
  const seen =
    request.waitMs === undefined ? undefined : await waitFor(() => records.loadSet(set.id), isOver, request.waitMs);
  const { state, error } = seen ?? {};
  if (error !== undefined) throw new WorkFailed(fromErrorRecord(error));

  const isDone = isOver(seen);
  const wished = set.wished;
  const shown: ShownRecord =
    wished === undefined
      ? showGone(change.former ?? noRecord(set), asked, state)
      : // It may have been changed once more, or deleted, while we waited: what is there now is told.
        ((isDone ? await records.loadRecord(wished.name) : undefined) ??
        shownAs(wished, state === 'insync' ? 'INSYNC' : 'PENDING'));
  const reply = replyWithRecord(shown);
  return {
    status: isDone ? change.doneStatus : 202,
    content: reply.content,
    headers: {
      ...reply.headers,
      ...(wished === undefined ? {} : { Location: recordHref(wished.name) }),
      ...(isDone ? {} : await queueWatch.warning('dns-changes')),
    },
    logged: {
      hostname: set.hostname,
      set_id: set.id,
      zone_id: set.zone_id,
      outcome: asked.outcome,
      ...(state === undefined ? {} : { state }),
      ...(change.force ? { force: true } : {}),
    },
  };
}

/** What is deleted has the deletion's status; what never was in the zone has none but its own. */
function showGone(former: ShownRecord, { outcome }: Asked, state: ChangeSet['state'] | undefined): ShownRecord {
  return outcome === 'forgotten' ? former : shownAs(former.set, state === 'insync' ? 'INSYNC' : 'PENDING');
}

function toChangeSet(request: ApiRequest, change: RecordChangeRequest): NewChangeSet {
  const { hostname, wish, zoneId, force, mustExist, slackChannel } = change;
  return {
    id: request.operationId,
    zone_id: zoneId,
    hostname,
    ...(wish === undefined ? {} : { wished: toRecordSet(wish) }),
    force,
    must_exist: mustExist,
    slack_channel: slackChannel,
    request_id: request.id,
  };
}

function refuse(asked: Asked, { hostname, wish, zoneId }: RecordChangeRequest): void {
  switch (asked.outcome) {
    case 'unknown':
      throw unknownRecord(hostname);
    case 'being-renamed': {
      const message = `${hostname} is being renamed to ${asked.hostname}; it can be changed under that name.`;
      throw new AppError('conflict', 'record-being-renamed', message);
    }
    case 'taken':
      throw new AppError('conflict', 'hostname-taken', `There is a record ${wish?.hostname} already.`, {
        problems: [{ pointer: '/hostname', detail: `${wish?.hostname} belongs to another record` }],
      });
    case 'other-zone': {
      const message =
        `The record ${hostname} is in the zone ${asked.zone_id}, not in ${zoneId}. ` +
        'Delete it before it is made there, or name its own zone.';
      throw new AppError('unprocessable', 'other-zone', message);
    }
    case 'differs':
      throw new AppError('conflict', 'request-differs', 'This request was accepted before with other contents.');
    default:
  }
}

export function unknownRecord(hostname: string): AppError {
  return new AppError('not-found', 'unknown-record', `There is no record ${hostname} that was made here.`);
}

function noRecord({ hostname }: NewChangeSet): never {
  throw new Error(`nothing is known of ${hostname}, which is to be deleted`);
}
