import { path } from '../../api/api.js';
import { PROGRAM, type Context } from '../../context.js';
import { EXIT, Failure } from '../../failures.js';
import type { ProgressState } from '../../output/progress.js';
import { follow, type WatchOptions } from '../../watch/follow.js';
import { loadBuild, placeOf, reportCount, tookOf, type Build } from './build-record.js';
import { counted } from '../../output/counted.js';

/** Follows a build to its end and prints what came of it. @throws Failure where it has failed, or instances have not reported. */
export async function watchBuild(context: Context, id: string, options: WatchOptions): Promise<void> {
  const { api, print } = context;
  const { state: build, end } = await follow<Build>(
    context,
    {
      what: `build ${id}`,
      load: () => loadBuild(api, id),
      progressOf,
      endOf,
      linesOf: newsOf,
      again: `builds ${id} --watch`,
    },
    options,
  );
  if (context.isJson) print.json({ instance_builds: [build] });
  if (end === 'failed') throw failureOf(build, api.url);
  if (context.isJson) return;
  if (!build.boot_instance) return print.line(`Build ${id} is finished: its init script is stored.`);
  print.line(`Build ${id} is finished: ${reportedOf(build)}.`);
  print.note(`See them: \`${PROGRAM} instances --site ${build.site} --env ${build.env} --queue ${build.queue}\``);
}

function reportedOf(build: Build): string {
  const reported = reportCount(build);
  return `${reported} of ${counted(build.count, 'instance')} ${reported === 1 || build.count === 1 ? 'has' : 'have'} reported`;
}

export function progressOf(build: Build): ProgressState {
  const { state, count, steps = [] } = build;
  const step = steps.find(({ finished_at }) => finished_at === undefined);
  const done = state === 'finished' ? count : reportCount(build);
  if (state === 'pending') return { done, total: count, text: step === undefined ? state : `${state}: ${step.name}` };
  return { done, total: count, text: state === 'started' ? `started, ${reportedOf(build)}` : state };
}

/** Where all that have not reported are over their time, nothing more is to be waited for. */
export function endOf({ state, instance_ids, reports, unreported = [] }: Build): 'done' | 'failed' | undefined {
  if (state === 'finished') return 'done';
  if (state === 'failed') return 'failed';
  const open = instance_ids.filter((id) => reports[id] === undefined);
  return open.length > 0 && open.every((id) => unreported.includes(id)) ? 'failed' : undefined;
}

/** A line for each step that is done, for the launch, and for each instance that has reported, or not in time. */
export function newsOf(build: Build, former: Build | undefined): readonly string[] {
  const isDone = (name: string): boolean =>
    former?.steps?.some((step) => step.name === name && step.finished_at !== undefined) === true;
  const steps = (build.steps ?? []).filter(({ name, finished_at }) => finished_at !== undefined && !isDone(name));
  const isLaunchNew = build.instance_ids.length > 0 && !former?.instance_ids.length;
  const reported = Object.keys(build.reports).filter((id) => former?.reports[id] === undefined);
  const late = (build.unreported ?? []).filter((id) => former?.unreported?.includes(id) !== true);
  return [
    ...steps.map((step) => `${step.name}: done in ${tookOf(step)}`),
    ...(isLaunchNew ? [`Launched ${build.instance_ids.join(', ')}`] : []),
    ...reported.map((id) => `${id} has reported`),
    ...late.map((id) => `${id} has not reported in time`),
  ];
}

const WHAT_NOW: Readonly<Record<string, string>> = {
  'no-active-image': `\`${PROGRAM} images\` lists the images; tag one of this role as active, or give --ami.`,
  'image-not-found': `\`${PROGRAM} images\` lists those that there are.`,
  'no-capacity': 'Try another --instance-type or --subnet-id, fewer instances, or later.',
  'no-default-vpc': 'Give --subnet-id.',
  'subnet-not-found': 'Correct --subnet-id.',
};

function failureOf(build: Build, url: string): Failure {
  const { id, error, instance_ids, reports } = build;
  const address = url + path`/instance-builds/${id}`;
  const again = `\`${PROGRAM} builds ${id}\``;
  if (error !== undefined) {
    return new Failure(EXIT.failed, `Build ${id} has failed: ${error.message}`, {
      request: `GET ${address} → 200 OK, the build is failed (${error.code})`,
      next: WHAT_NOW[error.code] ?? `${again} shows how far it came.`,
    });
  }
  const late = instance_ids.filter((one) => reports[one] === undefined);
  const missing = `${counted(late.length, 'instance')} of ${instance_ids.length}`;
  return new Failure(EXIT.failed, `${missing} of build ${id} for ${placeOf(build)} did not report in time.`, {
    lines: [`Not heard of: ${late.join(', ')}`],
    request: `GET ${address} → 200 OK, the build is ${build.state}`,
    next: `They run, and may still report: ${again} shows it. \`${PROGRAM} terminate ${late.join(' ')}\` ends them.`,
  });
}
