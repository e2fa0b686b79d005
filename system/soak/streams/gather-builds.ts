import { eventually } from '@quartermaster/testing';
import type { Answer } from '../../harness/api';
import { effectsOf, slackMessages, type ShownBuild } from '../../harness/builds';
import type { BuildsEvidence, SandboxInstance } from '../checkers/builds-evidence';
import { sendUntilSettled } from '../patient-client';
import type { World } from '../stream';
import type { Told } from './builds-told';

const AT_ONCE = 8;

export async function gatherEvidence(world: World, told: Told): Promise<BuildsEvidence> {
  const { sandbox, redis } = world;
  const ids = new Set([...told.builds.map(({ id }) => id), ...(await redis.buildIds())]);
  const [builds, listed, effects, messages, instances, resources, openJobs, reservations] = await Promise.all([
    loadBuilds(world, [...ids]),
    loadListing(world),
    effectsOf(sandbox),
    slackMessages(sandbox),
    loadInstances(world),
    sandbox<{ security_groups: BuildsEvidence['groups'] }>('/_sandbox/resources'),
    redis.openJobs(),
    redis.reservations(),
  ]);
  return {
    told,
    builds,
    effects,
    messages,
    instances,
    groups: resources.json().security_groups,
    listed: listed
      .json()
      .instances.filter(({ managed }) => managed)
      .map(({ id }) => id),
    openJobs,
    reservations,
  };
}

/** What still moves: open jobs, instances set aside, instances that are about to report or to go. */
export async function unsettledBuilds(world: World): Promise<string[]> {
  const [openJobs, reservations, instances] = await Promise.all([
    world.redis.openJobs(),
    world.redis.reservations(),
    loadInstances(world),
  ]);
  const moving = instances.filter(
    ({ state, cloud_init }) =>
      state === 'shutting-down' ||
      (state !== 'terminated' && ['not-started', 'fetching', 'reporting'].includes(cloud_init.outcome)),
  );
  return [
    ...openJobs.map((id) => `job ${id}`),
    ...reservations.map((id) => `reservation of build ${id}`),
    ...moving.map(({ id, state, cloud_init }) => `instance ${id}: ${state}, ${cloud_init.outcome}`),
  ];
}

/** Everything about a build, or the build of an instance. */
export async function describeBuild(world: World, told: Told, subject: string): Promise<string> {
  const known = told.builds.find(
    ({ id, request, instance_ids }) => id === subject || request === subject || instance_ids.includes(subject),
  );
  const id = known?.id ?? subject;
  const build = await world.api(`/instance-builds/${id}`);
  const words = [id, known?.request ?? id, subject];
  const effects = (await effectsOf(world.sandbox)).filter((effect) => {
    const text = JSON.stringify(effect);
    return words.some((word) => text.includes(`"${word}"`) || (word.length > 9 && text.includes(word)));
  });
  return [
    `${subject}: told ${JSON.stringify(known)}`,
    `  terminations told: ${JSON.stringify(told.terminations.filter(({ build_id }) => build_id === id))}`,
    `  API: ${build.status} ${build.text}`,
    ...effects.map((effect) => `  effect: ${JSON.stringify(effect)}`),
    ...(await world.logLines(id)).map((line) => `  log: ${line}`),
    ...(subject === id ? [] : (await world.logLines(subject)).map((line) => `  log: ${line}`)),
  ].join('\n');
}

async function loadInstances({ sandbox }: World): Promise<SandboxInstance[]> {
  return (await sandbox<{ instances: SandboxInstance[] }>('/_sandbox/instances')).json().instances;
}

/** Id → the build as the API answers it; without those that the API does not know. */
async function loadBuilds(world: World, ids: string[]): Promise<Map<string, ShownBuild>> {
  const found = new Map<string, ShownBuild>();
  const loadNext = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const answer = await read<{ instance_builds: [ShownBuild] }>(world, `/instance-builds/${id}`);
      if (answer.status === 200) found.set(id, answer.json().instance_builds[0]);
      else if (answer.status !== 404) throw new Error(`GET of build ${id} answered ${answer.status} ${answer.text}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, loadNext));
  return found;
}

/** The list of instances as EC2 was asked for it after now: an older one knows nothing of what came to rest last. */
async function loadListing(world: World): Promise<Answer<{ instances: { id: string; managed: boolean }[] }>> {
  const since = Date.now();
  return eventually(
    async () => {
      const listed = await read<{ instances: { id: string; managed: boolean }[] }>(world, '/instances');
      // The age is rounded to seconds.
      const askedAt = Date.now() - 1000 * Number(listed.headers.get('x-cache-age') ?? Infinity) - 500;
      if (askedAt < since) throw new Error('The list of instances is not refreshed');
      return listed;
    },
    120_000,
    500,
  );
}

async function read<T>({ api }: World, path: string): Promise<Answer<T>> {
  const { answer } = await sendUntilSettled(api, path, {}, { broken: 0, unavailable: 0, failures: [] });
  return answer as Answer<T>;
}
