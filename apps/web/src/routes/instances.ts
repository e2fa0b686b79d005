import Joi from 'joi';
import { randomUUID } from 'node:crypto';
import { AppError, cutText, fromErrorRecord } from '@quartermaster/foundation';
import type { CloudInstance } from '@quartermaster/instances';
import type { Producer } from '@quartermaster/jobs';
import type { InstanceCache, ProtectedInstances, Terminations } from '@quartermaster/stores';
import type { ApiRequest, Reply, Route } from '../api.js';
import { adminOnly } from '../authenticate.js';
import { showInstance, type InstanceListing, type RenderedList } from '../instance-listing.js';
import { WorkFailed } from '../errors.js';
import { waitFor } from '../prefer.js';
import type { QueueWatch } from '../queue-watch.js';
import { channelQuery, channelQuerySchema } from '../slack-channel.js';
import { filterValue, validateQuery } from '../validate.js';

export interface InstancesParts {
  readonly listing: InstanceListing;
  readonly cache: InstanceCache;
  readonly terminations: Terminations;
  readonly protectedInstances: ProtectedInstances;
  readonly producer: Producer;
  readonly queueWatch: QueueWatch;
  /** Where messages go unless a request says otherwise. */
  readonly slackChannel: string | undefined;
}

const filterQuery = Joi.object<{ env?: string; site?: string; role?: string; queue?: string }>({
  env: filterValue,
  site: filterValue,
  role: filterValue,
  queue: filterValue,
});
const forceQuery = Joi.object<{ force: boolean }>({
  force: Joi.boolean().default(false).description('also one that was not made here; for admins'),
});

/** `GET /instances`, `GET /instances/{id}`, `DELETE /instances/{id}`. */
export function instancesRoutes(parts: InstancesParts): Route[] {
  const { listing } = parts;
  return [
    {
      method: 'get',
      path: '/instances',
      access: 'token',
      doc: {
        summary: 'The instances, as the mini-worker last saw them',
        query: [filterQuery],
        answers: { 200: 'all that match', 304: 'as before (If-None-Match)' },
      },
      handle: async (request) => {
        const filter = validateQuery(filterQuery, request.query);
        const snapshot = await listing.current();
        return replyWithList(request, snapshot.render(filter), snapshot.refreshedAt);
      },
    },
    {
      method: 'get',
      path: '/instances/:id',
      access: 'token',
      doc: { summary: 'An instance', answers: { 200: 'a list of one' } },
      handle: async ({ params }) => {
        const { byId, refreshedAt } = await listing.current();
        const instance = byId.get(params['id'] ?? '') ?? unknownInstance(params['id']);
        return { status: 200, headers: cacheAge(refreshedAt), json: { instances: [showInstance(instance)] } };
      },
    },
    {
      method: 'delete',
      path: '/instances/:id',
      access: 'token',
      changes: true,
      doc: {
        summary: 'Terminate an instance',
        query: [forceQuery, channelQuerySchema],
        answers: { 200: 'it is terminated, where that was waited for', 202: 'it will be' },
        waits: true,
      },
      handle: (request) => terminate(parts, request),
    },
  ];
}

async function terminate(parts: InstancesParts, request: ApiRequest): Promise<Reply> {
  const { cache, terminations, producer } = parts;
  const { force } = validateQuery(forceQuery, request.query);
  const channel = channelQuery(request) ?? parts.slackChannel;
  if (force && !request.caller.isAdmin) throw adminOnly();
  const id = request.params['id'] ?? '';
  const instance = (await cache.load(id)) ?? unknownInstance(id);
  if (!instance.managed && !force) {
    const message = `Instance ${id} was not made by this installation; an admin may use ?force=true.`;
    throw new AppError('conflict', 'instance-not-managed', message);
  }

  if (await parts.protectedInstances.isProtected(id, Date.now())) {
    const message = `Instance ${id} is protected against termination in EC2; take disableApiTermination off it first.`;
    throw new AppError('conflict', 'termination-protected', message);
  }

  const wanted = { id: randomUUID(), instance_id: id, ...(channel === undefined ? {} : { slack_channel: channel }) };
  const payload = { termination_id: wanted.id, instance_id: id };
  const job = producer.describe('terminate-instance', payload, { request_id: request.id });
  const acceptedId = await terminations.accept(wanted, job, Date.now());
  if (acceptedId === wanted.id) {
    await producer.dispatch(job);
  } else {
    // One is pending already; its first request may have broken off before this.
    await producer.dispatchOpened(
      producer.describe('terminate-instance', { ...payload, termination_id: acceptedId }).id,
    );
  }

  const isOver = (seen: { id: string; state: string } | undefined): boolean =>
    seen?.id !== acceptedId || seen.state !== 'pending';
  const seen = await waitFor(() => terminations.load(id), isOver, request.waitMs ?? 0);
  if (request.waitMs !== undefined && seen?.error !== undefined) throw new WorkFailed(fromErrorRecord(seen.error));
  const logged = { instance_id: id, termination_id: acceptedId, ...(force ? { force } : {}) };
  if (request.waitMs !== undefined && isOver(seen)) return { status: 200, json: { ok: 'terminated' }, logged };
  const headers = await parts.queueWatch.warning('instance-terminations');
  return { status: 202, headers, json: { ok: 'working on that' }, logged };
}

function unknownInstance(id: string | undefined): CloudInstance {
  throw new AppError('not-found', 'unknown-instance', `There is no instance ${cutText(id ?? '', 60)}.`);
}

/** Seconds since the cloud was last asked; nothing where it never was. */
export function cacheAge(refreshedAt: number): Record<string, string> {
  return refreshedAt === 0 ? {} : { 'X-Cache-Age': secondsSince(refreshedAt) };
}

function secondsSince(time: number): string {
  return String(Math.max(0, Math.round((Date.now() - time) / 1000)));
}

function replyWithList(request: ApiRequest, list: RenderedList, refreshedAt: number): Reply {
  const headers = listHeaders(list, refreshedAt);
  if (isKnown(request.header('if-none-match'), list.etag)) return { status: 304, headers };
  headers['Content-Type'] = 'application/json; charset=utf-8';
  if (!acceptsGzip(request.header('accept-encoding'))) return { status: 200, headers, content: list.plain };
  headers['Content-Encoding'] = 'gzip';
  return { status: 200, headers, content: list.gzip() };
}

/** Spelt out: spreading one object into another costs more than all else about such an answer. */
function listHeaders({ etag }: RenderedList, refreshedAt: number): Record<string, string> {
  if (refreshedAt === 0) return { ETag: etag, Vary: 'Accept-Encoding', 'Cache-Control': 'no-cache' };
  return { 'X-Cache-Age': secondsSince(refreshedAt), ETag: etag, Vary: 'Accept-Encoding', 'Cache-Control': 'no-cache' };
}

/** Whether the caller has (`If-None-Match`) what the answer would be. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  // As nearly everybody sends it, if at all.
  if (ifNoneMatch === undefined || ifNoneMatch === etag) return ifNoneMatch === etag;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag));
}

function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined || acceptEncoding === 'gzip') return acceptEncoding !== undefined;
  return acceptEncoding.split(',').some((part) => {
    const [coding, ...parameters] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    return (coding === 'gzip' || coding === '*') && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
