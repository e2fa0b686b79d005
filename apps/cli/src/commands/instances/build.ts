import { randomUUID } from 'node:crypto';
import { ApiFailure, Unreachable } from '../../api/api-failure.js';
import { defineCommand, YES } from '../../command.js';
import { PROGRAM, type Context } from '../../context.js';
import { EXIT, Failure } from '../../failures.js';
import { isWatched, WATCH_OPTIONS, type WatchOptions } from '../../watch/follow.js';
import {
  BUILD_FIELDS,
  bodyOf,
  DEFAULT_ROLE,
  withOptionNames,
  type BuildOptions,
  type SentBuild,
} from './build-fields.js';
import { placeOf, type Build, type Builds } from './build-record.js';
import { watchBuild } from './build-watch.js';
import { counted } from '../../output/counted.js';
import { inRegion, regionOf } from './fleet.js';
import { noteWarning } from '../../api/server-warning.js';

interface Options extends BuildOptions, WatchOptions {
  readonly yes?: boolean;
}

/** False where the answer is no. Nobody is asked where nobody is there, or nothing is launched. */
async function mayBuild({ api, prompts }: Context, sent: SentBuild): Promise<boolean> {
  if (!prompts.isInteractive || sent.boot_instance === false) return true;
  const { count = 1, instance_type, role = DEFAULT_ROLE } = sent;
  const where = inRegion(await regionOf(api, 'instance-builds'));
  const what = `${counted(count, `${role} instance`)} of type ${instance_type}`;
  return prompts.confirm(`Build ${what} for ${placeOf(sent)}${where}?`);
}

async function request(context: Context, sent: SentBuild): Promise<Builds> {
  try {
    const { body, headers } = await context.api.request<Builds>({
      method: 'POST',
      path: '/instance-builds',
      body: { instance_builds: sent },
      isRepeatable: true,
    });
    noteWarning(context, headers);
    return body;
  } catch (error) {
    throw explained(context, error, sent);
  }
}

/** With the words for who typed it, and how to learn what came of it where that is open. */
function explained({ signal }: Context, error: unknown, { id }: SentBuild): unknown {
  const look = `See whether it was accepted: \`${PROGRAM} builds ${id}\`. The same command with --id ${id} builds it once, however often it is sent.`;
  if (signal.aborted)
    return new Failure(EXIT.interrupted, 'Interrupted; the build may have been accepted.', { next: look });
  if (error instanceof Unreachable && error.mayHaveArrived) return error.advising(look);
  if (!(error instanceof ApiFailure)) return error;
  if (error.status === 503) return error.advising(look);
  const { lines = [] } = error.details;
  return new Failure(error.exitCode, withOptionNames(error.message), {
    ...error.details,
    lines: lines.map((line) => withOptionNames(line)),
  });
}

function titleOf(build: Build): string {
  const { id, state, count, instance_type, role } = build;
  return `Build ${id}: ${state}, ${count} × ${instance_type} for ${placeOf(build)}, role ${role}`;
}

export const build = defineCommand<object, Options>({
  name: 'build',
  group: 'Instances',
  summary: 'Build instances',
  description:
    'On a terminal it shows what is built and where, and asks first. All instances of a build are launched together, or none; it is finished when each has reported.\n\nA build has an id before it is sent, so that none is built twice: where an answer was lost, `quartermaster builds <id>` shows what came of it.',
  options: [...BUILD_FIELDS, YES, ...WATCH_OPTIONS],
  examples: [
    {
      line: 'build --site org --env staging --queue docker -t c3.2xlarge -n 4 --wait',
      does: 'four workers, watched until they have reported',
    },
    {
      line: 'build --site org --env prod --queue default --role web -t m5.large --ami ami-06088ad7c16b3dc12 --yes',
      does: 'one of another role from an image of your choice, without a question',
    },
    {
      line: 'build --site com --env staging --queue mac -t c3.2xlarge --tag team=search --tag owner=ann --root-volume-gb 100',
      does: 'with tags and a greater volume',
    },
  ],
  run: async (context, _given, options) => {
    const { print } = context;
    const sent = bodyOf(options, randomUUID);
    if (options.yes !== true && !(await mayBuild(context, sent))) {
      print.note('Nothing was built.');
      return EXIT.failed;
    }
    const body = await request(context, sent);
    if (isWatched(options)) {
      for (const accepted of body.instance_builds) print.note(titleOf(accepted));
      return watchBuild(context, sent.id, options);
    }
    print.result(body, () => body.instance_builds.forEach((accepted) => print.line(titleOf(accepted))));
    print.note(`Watch it: \`${PROGRAM} builds ${sent.id} --watch\``);
  },
});
