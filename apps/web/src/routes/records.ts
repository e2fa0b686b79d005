import Joi from 'joi';
import type { Producer } from '@quartermaster/jobs';
import type { DnsRecord, DnsRecords } from '@quartermaster/stores';
import type { AnswerDoc, ApiRequest, Reply, Route, RouteDoc } from '../api.js';
import type { QueueWatch } from '../queue-watch.js';
import {
  forceQuery,
  isSameHostname,
  parseRecordRequest,
  pathHostname,
  readForce,
  sentRecordSchema,
} from '../record-request.js';
import { RECORD_TYPE, replyWithRecord, toAnswer } from '../show-record.js';
import { channelQuery, channelQuerySchema } from '../slack-channel.js';
import { validateQuery } from '../validate.js';
import type { ZoneList } from '../zone-list.js';
import { askForRecord, unknownRecord, type RecordChangeRequest } from './ask-for-record.js';

export interface RecordsParts {
  readonly records: DnsRecords;
  readonly zones: ZoneList;
  readonly producer: Producer;
  readonly queueWatch: QueueWatch;
  /** Where failures are told unless a request says otherwise. */
  readonly slackChannel: string | undefined;
}

/** How long (ms) a change waits for Route 53's acceptance unless the caller says otherwise. */
const WAIT_MS = 10_000;

const listQuery = Joi.object<{ page: number; limit: number }>({
  page: Joi.number().integer().min(1).max(10_000).default(1),
  limit: Joi.number().integer().min(1).max(100).default(50),
});

const changeDoc = { query: [forceQuery, channelQuerySchema], body: { json: [sentRecordSchema] } } as const;
const record = (says: string): AnswerDoc => ({ says, types: [RECORD_TYPE] });
const LATER = record('the record, which Route 53 has not accepted yet');
const docs = {
  list: { summary: 'The records that were made here', query: [listQuery], answers: { 200: 'a page of them' } },
  create: {
    summary: 'Make a DNS record, or change it',
    ...changeDoc,
    answers: { 201: record('the record; Route 53 has accepted it'), 202: LATER },
  },
  show: { summary: 'A DNS record', answers: { 200: record('the record') } },
  replace: {
    summary: 'Change a DNS record, or rename it',
    description: 'The body is the whole record; without a `hostname` it keeps its own.',
    ...changeDoc,
    answers: { 200: record('the record; Route 53 has accepted it'), 202: LATER },
  },
  remove: {
    summary: 'Delete a DNS record',
    query: changeDoc.query,
    answers: { 200: record('what was deleted'), 202: LATER },
  },
} as const satisfies Record<string, RouteDoc>;

/** `POST /records`, `GET /records`, and `GET`, `PUT`, `DELETE /record/{hostname}`. */
export function recordsRoutes(parts: RecordsParts): Route[] {
  const change = { access: 'token', changes: true, waitsMs: WAIT_MS } as const;
  const path = '/record/:hostname';
  return [
    { method: 'get', path: '/records', access: 'token', doc: docs.list, handle: (request) => list(parts, request) },
    {
      method: 'post',
      path: '/records',
      ...change,
      repeatable: true,
      doc: docs.create,
      handle: (request) => create(parts, request),
    },
    { method: 'get', path, access: 'token', doc: docs.show, handle: (request) => show(parts, request) },
    { method: 'put', path, ...change, doc: docs.replace, handle: (request) => replace(parts, request) },
    { method: 'delete', path, ...change, doc: docs.remove, handle: (request) => remove(parts, request) },
  ];
}

async function list({ records }: RecordsParts, request: ApiRequest): Promise<Reply> {
  const { page, limit } = validateQuery(listQuery, request.query);
  const found = await records.listRecords(page, limit);
  return { status: 200, json: { records: found.records.map(toAnswer), meta: { page, limit, more: found.more } } };
}

async function show(parts: RecordsParts, request: ApiRequest): Promise<Reply> {
  return { status: 200, ...replyWithRecord(await loadRecord(parts, pathHostname(request))) };
}

async function create(parts: RecordsParts, request: ApiRequest): Promise<Reply> {
  const force = readForce(request);
  const { wish, zone, slackChannel } = parseRecordRequest(request.body, await parts.zones.load());
  const { hostname } = wish;
  const asked = { hostname, wish, zoneId: zone.id, force, mustExist: false, doneStatus: 201 } as const;
  return askForRecord(parts, request, { ...asked, slackChannel: channelOf(parts, request, slackChannel) });
}

/** The body is the whole record, as with a POST; without a host name it keeps its own. */
async function replace(parts: RecordsParts, request: ApiRequest): Promise<Reply> {
  const force = readForce(request);
  const hostname = pathHostname(request);
  const zones = await parts.zones.load();
  const record = await loadRecord(parts, hostname);
  const { wish, zone, slackChannel } = parseRecordRequest(request.body, zones, (fields) => {
    const completed = { ...fields, hostname: isGiven(fields.hostname) ? fields.hostname : hostname };
    // It stays where it was made, even if that was said by `zone`, or a longer zone has come since.
    const isKept = isSameHostname(completed.hostname, hostname) && zones.some(({ id }) => id === record.zone_id);
    return isKept && !isGiven(fields.zone) ? { ...completed, zone: record.zone_id } : completed;
  });
  const asked = { hostname, wish, zoneId: zone.id, force, mustExist: true, doneStatus: 200 } as const;
  return askForRecord(parts, request, { ...asked, slackChannel: channelOf(parts, request, slackChannel) });
}

async function remove(parts: RecordsParts, request: ApiRequest): Promise<Reply> {
  const force = readForce(request);
  const hostname = pathHostname(request);
  const slackChannel = channelOf(parts, request, undefined);
  const record = await loadRecord(parts, hostname);
  const asked: RecordChangeRequest = {
    hostname,
    zoneId: record.zone_id,
    force,
    mustExist: true,
    doneStatus: 200,
    slackChannel,
    former: record,
  };
  return askForRecord(parts, request, asked);
}

async function loadRecord({ records }: RecordsParts, hostname: string): Promise<DnsRecord> {
  const record = await records.loadRecord(hostname);
  if (record === undefined) throw unknownRecord(hostname);
  return record;
}

function channelOf(parts: RecordsParts, request: ApiRequest, sent: string | undefined): string | undefined {
  return sent ?? channelQuery(request) ?? parts.slackChannel;
}

function isGiven(field: unknown): boolean {
  return field !== undefined && field !== null && field !== '';
}
