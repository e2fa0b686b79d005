import Joi from 'joi';
import { AppError } from '@quartermaster/foundation';
import type { Producer } from '@quartermaster/jobs';
import type { StatusUpdate, StatusUpdates } from '@quartermaster/stores';
import type { ApiRequest, Reply, Route } from '../api.js';
import { parseJson } from '../body.js';
import type { QueueWatch } from '../queue-watch.js';
import { STATUS_TYPE, replyWithStatus, showListed, showService, showUpdate, statusHref } from '../show-status.js';
import { channelQuery, channelQuerySchema } from '../slack-channel.js';
import { isServiceName, sentStatusSchema } from '../status-schema.js';
import { validateBody, validateQuery } from '../validate.js';

export interface StatusParts {
  readonly updates: StatusUpdates;
  readonly producer: Producer;
  readonly queueWatch: QueueWatch;
  /** Added to every update; nothing where it is not configured. */
  readonly clusterId: string | undefined;
  /** Who is told of updates that could not be forwarded, unless a request says otherwise. */
  readonly slackChannel: string | undefined;
}

const listQuery = Joi.object<{ page: number; limit: number }>({
  page: Joi.number().integer().min(1).max(10_000).default(1),
  limit: Joi.number().integer().min(1).max(100).default(50),
});

/** When (s) to come back with an update that there was no room for. */
const FULL_RETRY_S = 60;

/** `POST /status`, `GET /status`, `GET /status/{service}`. */
export function statusRoutes(parts: StatusParts): Route[] {
  const { updates } = parts;
  return [
    {
      method: 'post',
      path: '/status',
      access: 'token',
      changes: true,
      repeatable: true,
      doc: {
        summary: 'A service tells its status, which is forwarded',
        query: [channelQuerySchema],
        body: { json: [sentStatusSchema] },
        answers: { 201: { says: 'the update', types: [STATUS_TYPE] } },
      },
      handle: (request) => post(parts, request),
    },
    {
      method: 'get',
      path: '/status',
      access: 'token',
      doc: { summary: 'The latest status of every service', query: [listQuery], answers: { 200: 'a page of them' } },
      handle: async (request) => {
        const { page, limit } = validateQuery(listQuery, request.query);
        const { services, more } = await updates.list(page, limit);
        return { status: 200, json: { statuses: services.map(showListed), meta: { page, limit, more } } };
      },
    },
    {
      method: 'get',
      path: '/status/:service',
      access: 'token',
      doc: {
        summary: 'The latest status of a service',
        answers: { 200: { says: 'the update, and how its forwarding stands', types: [STATUS_TYPE] } },
      },
      handle: async ({ params }) => {
        const name = params['service'] ?? '';
        const service = isServiceName(name) ? await updates.load(name) : undefined;
        if (service === undefined) {
          throw new AppError('not-found', 'unknown-service', `No status of a service ${name.slice(0, 60)} is known.`);
        }
        return { status: 200, ...replyWithStatus(showService(service)) };
      },
    },
  ];
}

async function post(parts: StatusParts, request: ApiRequest): Promise<Reply> {
  const { updates, producer } = parts;
  const { detail, ...sent } = validateBody(sentStatusSchema, parseJson(request.body));
  const channel = channelQuery(request) ?? parts.slackChannel;
  const now = Date.now();
  const update: StatusUpdate = {
    id: request.operationId,
    ...sent,
    ...(detail === undefined ? {} : { detail }),
    ...(parts.clusterId === undefined ? {} : { cluster_id: parts.clusterId }),
    timestamp: new Date(now).toISOString(),
  };
  const { service } = update;
  // Whether there is a target is known to workers only.
  const job = producer.describe('forward-status', { service }, { request_id: request.id });
  const waiting = { update, request_id: request.id, ...(channel === undefined ? {} : { slack_channel: channel }) };
  const mayRepeat = request.header('idempotency-key') !== undefined;
  const accepted = await updates.accept(waiting, mayRepeat, job, now);
  if (accepted.outcome === 'full') {
    const message = `${accepted.waiting} updates of service ${service} wait to be forwarded already, and no more are taken.`;
    throw new AppError('unavailable', 'too-many-updates-waiting', message, { retryAfterSeconds: FULL_RETRY_S });
  }
  if (accepted.outcome === 'too-many-services') {
    const message = 'Updates of too many services wait to be forwarded; no further service is taken.';
    throw new AppError('unavailable', 'too-many-services', message, { retryAfterSeconds: FULL_RETRY_S });
  }
  // The job is open already; should this fail, a repetition or the mini-worker puts it into its queue.
  await (accepted.outcome === 'accepted' ? producer.dispatch(job) : producer.dispatchOpened(job.id));

  const { headers, content } = replyWithStatus(showUpdate(accepted.update));
  const warning = await parts.queueWatch.warning('status-updates');
  return {
    status: 201,
    headers: { ...headers, Location: statusHref(service), ...warning },
    content,
    logged: { service, event_id: accepted.update.id, outcome: accepted.outcome },
  };
}
