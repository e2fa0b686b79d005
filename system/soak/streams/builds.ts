import { BUILD, type ShownBuild } from '../../harness/builds';
import { checkBuilds } from '../checkers/builds';
import { sendUntilSettled, tellWeather, type Weather } from '../patient-client';
import type { Domain, Stream, World } from '../stream';
import { buildsFaults } from './builds-faults';
import { describeBuild, gatherEvidence, unsettledBuilds } from './gather-builds';
import { REQUEST_TAG, type Told, type ToldBuild } from './builds-told';
import { createPace } from './pace';

/** Requests under way at once; more would only wait in line. */
const MOST_AT_ONCE = 80;
/** Builds of which no end was seen yet. Above this clients only terminate: a queue that only grows proves nothing. */
const MOST_OPEN_BUILDS = 120;
/** Nearly every instance goes again, so that the fleet stays small. */
const TERMINATED_SHARE = 0.97;
const IMPATIENT_SHARE = 0.15;
const LOOK_EVERY_MS = 1500;

/** Builds of one to three instances, and their terminations. */
export const builds: Domain = {
  name: 'builds',
  rate: 8,
  faults: buildsFaults,
  createStream: (world) => createBuildsStream(world),
};

function createBuildsStream(world: World): Stream {
  const told: Told = { builds: [], terminations: [], refusals: [] };
  const weather: Weather = { broken: 0, unavailable: 0, failures: [] };
  const doomed: { instanceId: string; buildId: string }[] = [];
  const isTerminated = new Set<string>();
  /** Builds that somebody waits for. */
  const open = new Set<ToldBuild>();
  let requests = 0;

  const build = async (): Promise<void> => {
    const sent = planRequest(world, (requests += 1));
    const { answer, tries } = await sendUntilSettled(world.api, '/instance-builds', sent.options, weather);
    if (answer.status !== 202) {
      return void told.refusals.push({ subject: sent.request, what: `POST answered ${answer.status} ${answer.text}` });
    }
    const { id, state, instance_ids } = (answer.json() as { instance_builds: [ShownBuild] }).instance_builds[0];
    const { request, by, count, isDoomed } = sent;
    const made = { id, request, by, count, isDoomed, tries, state: state as ToldBuild['state'], instance_ids };
    told.builds.push(made);
    open.add(made);
  };

  const terminate = async ({ instanceId, buildId }: { instanceId: string; buildId: string }): Promise<void> => {
    const path = `/instances/${instanceId}`;
    const { answer, tries, isRepeat } = await sendUntilSettled(world.api, path, { method: 'DELETE' }, weather);
    // To a repetition "no such instance" says that the first one has been carried out already.
    if (answer.status === 202 || (answer.status === 404 && isRepeat)) {
      return void told.terminations.push({ instance_id: instanceId, build_id: buildId, tries });
    }
    told.refusals.push({ subject: buildId, what: `DELETE ${path} answered ${answer.status} ${answer.text}` });
  };

  /** Looks at one build as a client that waits for it does; chooses what of it is to be terminated. */
  const look = async (watched: ToldBuild): Promise<boolean> => {
    const answer = await world.api<{ instance_builds: [ShownBuild] }>(`/instance-builds/${watched.id}`).catch(() => {});
    if (answer === undefined || answer.status === 503) return false;
    if (answer.status !== 200) {
      told.refusals.push({ subject: watched.id, what: `GET answered ${answer.status} ${answer.text}` });
      return true;
    }
    const seen = answer.json().instance_builds[0];
    Object.assign(watched, { state: seen.state, instance_ids: seen.instance_ids });
    const random = world.random('fate', watched.request);
    const isEnough = seen.state === 'finished' || seen.state === 'failed';
    if (!isEnough && !(seen.state === 'started' && random.chance(IMPATIENT_SHARE)) && !isStale(seen)) return false;
    for (const instanceId of seen.instance_ids) {
      if (isTerminated.has(instanceId) || !random.chance(TERMINATED_SHARE)) continue;
      isTerminated.add(instanceId);
      doomed.push({ instanceId, buildId: watched.id });
    }
    return true;
  };

  const watch = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      for (const watched of open) {
        if (signal.aborted) return;
        if (await look(watched)) open.delete(watched);
      }
    }
  };

  return {
    acknowledged: () => told.builds.length + told.terminations.length,
    run: async (rate, signal) => {
      const pace = createPace(rate, MOST_AT_ONCE, signal);
      const watching = watch(signal);
      const random = world.random('order');
      while (await pace.turn()) {
        const next = open.size >= MOST_OPEN_BUILDS || random.chance(0.8) ? doomed.shift() : undefined;
        if (next !== undefined) pace.begin(terminate(next));
        else if (open.size < MOST_OPEN_BUILDS) pace.begin(build());
      }
      await Promise.all([pace.end(), watching]);
    },
    unsettled: () => unsettledBuilds(world),
    check: async () => {
      const verdict = checkBuilds(await gatherEvidence(world, told));
      return { findings: verdict.findings, counts: { ...verdict.counts, ...tellWeather(weather) } };
    },
    describe: (subject) => describeBuild(world, told, subject),
  };
}

/** An instance of it never reports; it goes as well. */
function isStale(build: ShownBuild): boolean {
  return build.state === 'started' && build.unreported !== undefined;
}

interface PlannedRequest extends Pick<ToldBuild, 'request' | 'by' | 'count' | 'isDoomed'> {
  readonly options: { readonly body: object; readonly headers?: Readonly<Record<string, string>> };
}

/** The `number`th request for a build: the seed decides all of it. */
function planRequest(world: World, number: number): PlannedRequest {
  const request = `r${number}`;
  const random = world.random('build', number);
  const count = random.whole(1, 3);
  const by = random.chance(0.5) ? 'id' : 'key';
  const isDoomed = random.chance(0.03);
  const fields = {
    ...BUILD,
    count,
    tags: { [REQUEST_TAG]: request },
    ...(by === 'id' ? { id: random.uuid() } : {}),
    ...(isDoomed ? { ami: 'ami-00000000000000bad' } : {}),
  };
  const headers = by === 'key' ? { headers: { 'idempotency-key': `soak-${world.seed}-${number}` } } : {};
  return { request, by, count, isDoomed, options: { body: { instance_builds: fields }, ...headers } };
}
