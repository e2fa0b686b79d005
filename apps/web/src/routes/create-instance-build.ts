import { createHash } from 'node:crypto';
import { AppError, fromErrorRecord, type Problem } from '@quartermaster/foundation';
import type { Producer } from '@quartermaster/jobs';
import type { Build, Builds, NewBuild } from '@quartermaster/stores';
import type { ApiRequest, Reply, Route, RouteDoc } from '../api.js';
import { parseJson } from '../body.js';
import { completeBuild, sentBuildSchema, type SentBuild } from '../build-schema.js';
import type { WebConfig } from '../config.js';
import { WorkFailed } from '../errors.js';
import { waitFor } from '../prefer.js';
import type { QueueWatch } from '../queue-watch.js';
import { sortKeys } from '../repeats.js';
import { validateBody } from '../validate.js';
import { buildHref, showBuild } from '../show-build.js';
import { channelQuery, channelQuerySchema } from '../slack-channel.js';

export interface CreateBuildParts {
  readonly builds: Builds;
  readonly producer: Producer;
  readonly queueWatch: QueueWatch;
  readonly config: WebConfig;
}

/** `POST /instance-builds`: keeps the build with its job, answers 202, or waits for RunInstances' answer. */
export function createInstanceBuildRoute({ builds, producer, queueWatch, config }: CreateBuildParts): Route {
  const handle = async (request: ApiRequest): Promise<Reply> => {
    const { instance_builds: sent } = validateBody(sentBuildSchema, parseJson(request.body));
    const channel = sent.slack_channel ?? channelQuery(request);
    checkLimits(sent, config);
    const id = sent.id ?? request.operationId;

    const job = producer.describe('build-instances', { build_id: id }, { request_id: request.id });
    const build = {
      id,
      fingerprint: fingerprintOf(sent, channel),
      request: completeBuild(sent, channel, config),
      request_id: request.id,
      job,
    };
    const now = Date.now();
    const accepted = await builds.accept(build, config.MAX_INSTANCES, now);
    if (accepted.outcome === 'differs') {
      throw new AppError('conflict', 'build-id-taken', `There is a build ${id} already, and it is another one.`, {
        problems: [{ pointer: '/instance_builds/id', detail: `id ${id} belongs to a build with another body` }],
      });
    }
    if (accepted.outcome === 'full') {
      const figures = `${accepted.inUse} of MAX_INSTANCES=${config.MAX_INSTANCES} are in use, ${sent.count} more asked for`;
      const detail = `The fleet is full: ${figures}.`;
      throw unprocessable('fleet-full', { pointer: '/instance_builds/count', detail });
    }
    // The job is open already; should this fail, a repetition or the mini-worker puts it into its queue.
    await (accepted.outcome === 'accepted' ? producer.dispatch(job) : producer.dispatchOpened(job.id));

    // What was accepted this moment need not be read again by a caller who does not wait.
    const isFresh = accepted.outcome === 'accepted' && request.waitMs === undefined;
    const seen = isFresh
      ? newBuild(build, now)
      : await waitFor(() => loadAccepted(builds, id), isDecided, request.waitMs ?? 0);
    if (request.waitMs !== undefined && seen.error !== undefined) throw new WorkFailed(fromErrorRecord(seen.error));
    const isWaitedFor = request.waitMs !== undefined && isDecided(seen);
    return {
      status: isWaitedFor ? 200 : 202,
      headers: { Location: buildHref(id), ...(await queueWatch.warning('instance-builds')) },
      json: { instance_builds: [showBuild(seen)] },
      logged: { build_id: id, outcome: accepted.outcome },
    };
  };
  const doc: RouteDoc = {
    summary: 'Build instances',
    query: [channelQuerySchema],
    body: { json: [sentBuildSchema] },
    answers: { 200: 'the build, waited for until EC2 has answered', 202: 'the build, pending' },
    waits: true,
  };
  return { method: 'post', path: '/instance-builds', access: 'token', changes: true, repeatable: true, doc, handle };
}

/** A build as it is read back right after it was accepted. */
function newBuild({ id, request, request_id }: NewBuild, now: number): Build {
  const created_at = new Date(now).toISOString();
  return { id, state: 'pending', request, request_id, instance_ids: [], reports: {}, unreported: [], created_at };
}

function isDecided(build: Build): boolean {
  return build.state !== 'pending';
}

async function loadAccepted(builds: Builds, id: string): Promise<Build> {
  const build = await builds.load(id);
  if (build === undefined) throw new Error(`Build ${id} was accepted and is not there`);
  return build;
}

/** Throws 422 with everything that this installation's limits forbid, and the figures; the code is the first one's. */
function checkLimits(sent: SentBuild, config: WebConfig): void {
  const broken: { code: string; problem: Problem }[] = [];
  if (sent.count > config.MAX_INSTANCES_PER_BUILD) {
    const figures = `count is ${sent.count}, MAX_INSTANCES_PER_BUILD is ${config.MAX_INSTANCES_PER_BUILD}`;
    const problem = { pointer: '/instance_builds/count', detail: `The build is too large: ${figures}.` };
    broken.push({ code: 'build-too-large', problem });
  }
  const allowed = config.ALLOWED_INSTANCE_TYPES;
  if (allowed.length > 0 && !allowed.includes(sent.instance_type)) {
    const detail = `${sent.instance_type} is not allowed here; ALLOWED_INSTANCE_TYPES are ${allowed.join(', ')}.`;
    const problem = { pointer: '/instance_builds/instance_type', detail };
    broken.push({ code: 'instance-type-not-allowed', problem });
  }
  const [first] = broken;
  if (first !== undefined) throw unprocessable(first.code, ...broken.map(({ problem }) => problem));
}

function unprocessable(code: string, ...problems: Problem[]): AppError {
  return new AppError('unprocessable', code, problems.map(({ detail }) => detail).join(' '), { problems });
}

/** What makes two requests the same build. The configuration's defaults are not part of it: they may change between. */
function fingerprintOf(sent: SentBuild, channel: string | undefined): string {
  const { id: _id, ...fields } = sent;
  const text = JSON.stringify(sortKeys({ ...fields, slack_channel: channel }));
  return createHash('sha256').update(text).digest('hex');
}
