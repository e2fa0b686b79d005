import { path, type Api } from '../../api/api.js';
import { adviseOnCode } from '../../api/api-failure.js';
import type { Page } from '../../api/pages.js';
import { PROGRAM, type Context } from '../../context.js';
import type { Colors } from '../../output/printer.js';
import { ago, spanOf } from '../../output/time.js';

export interface BuildStep {
  readonly name: string;
  readonly started_at: string;
  readonly finished_at?: string;
}

/** A build as the API answers it. */
export interface Build {
  readonly id: string;
  readonly state: 'pending' | 'started' | 'finished' | 'failed';
  readonly site: string;
  readonly env: string;
  readonly queue: string;
  readonly role: string;
  readonly instance_type: string;
  readonly count: number;
  readonly ami?: string;
  readonly subnet_id?: string;
  readonly security_group_id?: string;
  readonly iam_instance_profile?: string;
  readonly key_name?: string;
  readonly root_volume_gb?: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly boot_instance: boolean;
  readonly slack_channel?: string;
  readonly instance_ids: readonly string[];
  /** Instance id → when it reported. */
  readonly reports: Readonly<Record<string, string>>;
  /** Those that had not when the time for it was over. */
  readonly unreported?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
  readonly created_at: string;
  readonly started_at?: string;
  readonly finished_at?: string;
  readonly steps?: readonly BuildStep[];
}

export interface Builds {
  readonly instance_builds: readonly Build[];
  readonly meta?: Page['meta'];
}

export async function loadBuild(api: Api, id: string): Promise<Build> {
  const answer = api.get<Builds>(path`/instance-builds/${id}`);
  const next = `\`${PROGRAM} builds\` lists those that there are.`;
  const { instance_builds } = await adviseOnCode(answer, 'unknown-build', next);
  const [build] = instance_builds;
  if (build === undefined) throw new Error(`the answer for build ${id} is empty`);
  return build;
}

export async function buildIds(api: Api): Promise<readonly string[]> {
  return (await api.get<Builds>('/instance-builds', { limit: 100 })).instance_builds.map(({ id }) => id);
}

/** `org/staging/docker`. */
export function placeOf({ site, env, queue }: Pick<Build, 'site' | 'env' | 'queue'>): string {
  return `${site}/${env}/${queue}`;
}

/** Those of its own instances; the API tells no others. */
export function reportCount({ reports }: Build): number {
  return Object.keys(reports).length;
}

export function coloredState(state: Build['state'], { green, yellow, red }: Colors): string {
  const colorOf: Partial<Record<string, Colors['red']>> = {
    pending: yellow,
    started: yellow,
    finished: green,
    failed: red,
  };
  // A newer server may know more of them.
  return (colorOf[state] ?? String)(state);
}

/** All of a build that is worth a person's while: its fields, instances and steps. */
export function showBuild(context: Context, build: Build): void {
  const { print } = context;
  const now = context.now();
  const when = (time: string | undefined): string | undefined => time && `${time} (${ago(time, now)})`;
  const { error, unreported = [], steps = [], tags } = build;
  print.fields([
    ['ID', build.id],
    ['State', coloredState(build.state, print.colors)],
    ['Error', error && `${error.message} (${error.code})`],
    ['For', placeOf(build)],
    ['Role', build.role],
    ['Type', build.instance_type],
    [
      'Count',
      build.boot_instance ? build.count : `${build.count}, but nothing is launched: only the init script is stored`,
    ],
    ['Reported', build.boot_instance ? `${reportCount(build)} of ${build.count}` : ''],
    ['Image', build.ami],
    ['Subnet', build.subnet_id],
    ['Security group', build.security_group_id],
    ['Instance profile', build.iam_instance_profile],
    ['Key pair', build.key_name],
    ['Root volume', build.root_volume_gb && `${build.root_volume_gb} GB`],
    [
      'Tags',
      Object.entries(tags)
        .map(([key, value]) => `${key}=${value}`)
        .join(', '),
    ],
    ['Slack', build.slack_channel],
    ['Created', when(build.created_at)],
    ['Started', when(build.started_at)],
    ['Finished', when(build.finished_at)],
  ]);
  const reportOf = (id: string): string =>
    build.reports[id] ?? (unreported.includes(id) ? print.colors.red('not in time') : print.colors.yellow('not yet'));
  if (build.instance_ids.length > 0) {
    print.line();
    print.table(
      build.instance_ids,
      [
        { title: 'INSTANCE', of: (id) => id },
        { title: 'REPORTED', of: reportOf },
      ],
      '',
    );
  }
  if (steps.length === 0) return;
  print.line();
  print.table(
    steps,
    [
      { title: 'STEP', of: ({ name }) => name },
      { title: 'BEGUN', of: ({ started_at }) => started_at },
      { title: 'TOOK', of: (step) => (step.finished_at === undefined ? 'not done' : tookOf(step)), align: 'right' },
    ],
    '',
  );
}

/** `26 ms`, `3s`; of a step that is done. */
export function tookOf({ started_at, finished_at = started_at }: BuildStep): string {
  const ms = Date.parse(finished_at) - Date.parse(started_at);
  return ms < 1000 ? `${ms} ms` : spanOf(ms / 1000);
}
