import Joi from 'joi';
import { AppError } from '@quartermaster/foundation';
import type { Producer } from '@quartermaster/jobs';
import { buildFinished, instanceReported } from '@quartermaster/notifications';
import type { Build, Builds, OpenJob, ReportJobs } from '@quartermaster/stores';
import type { ApiRequest, Reply, Route, RouteDoc } from '../api.js';
import { parseFormOrJson } from '../body.js';
import { checkBuildCredential } from '../build-credential.js';
import { buildFieldPatterns } from '../build-fields.js';
import { showBuild, tellBuild } from '../show-build.js';
import { validateBody } from '../validate.js';
import { loadBuild, unknownBuild } from './instance-builds.js';

export interface ReportParts {
  readonly builds: Builds;
  readonly producer: Producer;
  readonly webUrl: string;
}

interface Report {
  state: string;
  'instance-id'?: string;
  'slack-channel'?: string;
}

const instanceId = Joi.string().pattern(buildFieldPatterns.instanceId, 'an instance id like i-abcd1234');
const reportSchema = Joi.object<Report>({
  state: Joi.string().max(40).required(),
  'instance-id': instanceId,
  'slack-channel': Joi.string().pattern(buildFieldPatterns.slackChannel, 'a channel name').empty(''),
})
  // JSON writes its names with underscores.
  .rename('instance_id', 'instance-id')
  .rename('slack_channel', 'slack-channel');

/** `PATCH /instance-builds/{id}`: an instance reports that it is ready. */
export function reportInstanceBuildRoute({ builds, producer, webUrl }: ReportParts): Route {
  const handle = async (request: ApiRequest): Promise<Reply> => {
    const id = (request.params['id'] ?? '').toLowerCase();
    if (request.caller.kind === 'build') await checkCaller(request, builds, id);
    const report = validateBody(reportSchema, parseFormOrJson(request.body));
    if (report.state === 'finished' && report['instance-id'] === undefined) {
      const problems = [{ pointer: '/instance-id', detail: 'instance-id is required where state is finished' }];
      throw new AppError('invalid', 'invalid-body', 'The body is not valid.', { problems });
    }
    const reportedId = report['instance-id'];

    for (;;) {
      const build = await loadBuild(builds, id);
      const channel = chooseChannel(request, report, build);
      if (report.state !== 'finished' || reportedId === undefined) return shown(build);

      const jobs = planJobs(build, reportedId, channel, request.id);
      const { outcome } = await builds.report(build.id, reportedId, jobs, Date.now());
      // The build has started since we looked: now its end has to be told as well.
      if (outcome === 'look-again') continue;
      if (outcome === 'unknown-build') throw unknownBuild(id);
      if (outcome === 'unknown-instance') {
        throw new AppError('not-found', 'unknown-instance', `Build ${build.id} has no instance ${reportedId}.`);
      }
      // Of a repeated report too: the first one may have broken off before this.
      if (typeof jobs.ending === 'object') await producer.dispatchOpened(jobs.ending.id);
      if (jobs.notification) await producer.dispatchOpened(jobs.notification.id);
      const logged = { build_id: build.id, instance_id: reportedId, outcome };
      return { ...shown(await loadBuild(builds, id)), logged };
    }
  };

  const planJobs = (build: Build, id: string, channel: string | undefined, requestId: string): ReportJobs => {
    if (channel === undefined) return { notification: undefined, ending: 'none' };
    const told = tellBuild(build, webUrl);
    const say = (eventId: string, text: string): OpenJob =>
      producer.describe('send-notification', { event_id: eventId, channel, text }, { request_id: requestId });
    const ending =
      build.state !== 'started' ? undefined : say(`finished-${build.id}`, buildFinished(told, build.instance_ids));
    return {
      notification: say(`reported-${build.id}-${id}`, instanceReported(told, { id, name: '' }, '{reported}')),
      ending: build.request.count === 1 ? 'none' : ending,
    };
  };

  const doc: RouteDoc = {
    summary: 'An instance reports that it is ready',
    description: '`instance-id` is required where `state` is `finished`; other states have no effect.',
    body: { json: [reportSchema], form: reportSchema },
    answers: { 200: 'the build, a list of one' },
  };
  return { method: 'patch', path: '/instance-builds/:id', access: 'token-or-build', changes: true, doc, handle };
}

function shown(build: Build): Reply {
  return { status: 200, json: { instance_builds: [showBuild(build)] } };
}

async function checkCaller(request: ApiRequest, builds: Builds, id: string): Promise<void> {
  if (request.caller.kind !== 'build') return;
  const build = buildFieldPatterns.uuid.test(id) ? await builds.load(id) : undefined;
  const { isExpired } = checkBuildCredential(request.caller, build, Date.now(), peekInstanceId(request.body));
  if (isExpired) throw new AppError('forbidden', 'credential-expired', "The time of this build's credential is over.");
}

/** The instance that a body names, as far as it can be read: it is validated later. */
function peekInstanceId(body: Buffer): string | undefined {
  try {
    const { 'instance-id': id, instance_id: alias } = parseFormOrJson(body) as Record<string, unknown>;
    const named = id ?? alias;
    return typeof named === 'string' ? named : undefined;
  } catch {
    return undefined;
  }
}

/** A token may name any channel, an instance only its build's own. */
function chooseChannel(request: ApiRequest, report: Report, build: Build): string | undefined {
  const own = build.request.slack_channel;
  const asked = report['slack-channel'];
  if (asked === undefined || request.caller.kind === 'token') return asked ?? own;
  if (asked.replace(/^#/, '') !== own?.replace(/^#/, '')) {
    throw new AppError(
      'forbidden',
      'foreign-channel',
      "A build's own credential reports to the build's own channel only.",
    );
  }
  return own;
}
