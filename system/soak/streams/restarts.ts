import { setTimeout as sleep } from 'node:timers/promises';
import { effectsOf, setFault } from '../../harness/builds';
import { checkRestarts, type InstanceLife } from '../checkers/restarts';
import { sendUntilSettled, type Weather } from '../patient-client';
import type { Random } from '../random';
import type { Domain, Stream, World } from '../stream';
import { createPace } from './pace';
import { planMishaps, restartsFaults } from './restarts-faults';
import type { ShownRestart, ToldInstance, ToldRestarts, ToldScenario } from './restarts-told';

const PATH = '/tasks/layer-rolling-restart';
const MOST_AT_ONCE = 16;
const LOOK_EVERY_MS = 700;
const MOST_RESUMPTIONS = 2;

/** Even seeds go by the OpsWorks API, odd ones by the tags of EC2. */
const sourceOf = (seed: number): ToldRestarts['source'] => (seed % 2 === 0 ? 'opsworks' : 'ec2-tags');

/** Rolling restarts, each of a layer of its own, cancelled, resumed and rivalled at random. */
export const restarts: Domain = {
  name: 'restarts',
  rate: 1,
  faults: (seed) => restartsFaults(sourceOf(seed)),
  settings: (seed) => {
    const source = { STACKS_SOURCE: sourceOf(seed) };
    return {
      sandbox: { SANDBOX_STOP_MS: '300', SANDBOX_BOOT_MS: '300', SANDBOX_SETUP_MS: '200', SANDBOX_CHECKS_MS: '200' },
      worker: { ...source, TASK_POLL: '250ms' },
      miniWorker: source,
    };
  },
  createStream: (world) => createRestartsStream(world),
};

interface Client {
  readonly world: World;
  readonly told: ToldRestarts;
  readonly weather: Weather;
}

function createRestartsStream(world: World): Stream {
  const told: ToldRestarts = { source: sourceOf(world.seed), scenarios: [], refusals: [] };
  const weather: Weather = { broken: 0, unavailable: 0, failures: [] };
  const client: Client = { world, told, weather };
  let begun = 0;
  return {
    acknowledged: () => told.scenarios.filter(({ tasks }) => tasks.size > 0).length,
    run: async (rate, signal) => {
      const pace = createPace(rate, MOST_AT_ONCE, signal);
      while (await pace.turn()) pace.begin(playScenario(client, (begun += 1)));
      await pace.end();
    },
    unsettled: async () => (await world.redis.openJobs()).map((id) => `job ${id}`),
    check: async () => {
      const lives = await readLives(world);
      const tasks = new Map<string, ShownRestart>();
      for (const id of told.scenarios.flatMap((scenario) => [...scenario.tasks.keys()])) {
        const { answer } = await sendUntilSettled(world.api, `${PATH}/${id}`, {}, weather);
        if (answer.status === 200) tasks.set(id, answer.json() as ShownRestart);
      }
      const [effects, openJobs] = await Promise.all([effectsOf(world.sandbox), world.redis.openJobs()]);
      const { findings, counts } = checkRestarts({ told, tasks, effects, lives, openJobs });
      for (const failure of weather.failures.slice(0, 5)) process.stdout.write(`A client had a 500: ${failure}\n`);
      const met = { 'broken connections': weather.broken, 'answers 503': weather.unavailable };
      return { findings, counts: { ...counts, ...met, 'answers 500': weather.failures.length } };
    },
    describe: (subject) => describe(client, subject),
  };
}

/** One seed: a layer, its restart, perhaps a rival beside it, a cancel, resumptions. */
async function playScenario(client: Client, number: number): Promise<void> {
  const { world, told } = client;
  const random = world.random('scenario', number);
  const count = random.whole(3, 20);
  const stack = `Stack ${number}`;
  const body = { name: stack, layers: [{ name: 'API server', shortname: 'api', instances: count }] };
  const seeded = await world.sandbox<{ instances: ToldInstance[] }>('/_sandbox/stacks', { body });
  if (seeded.status !== 201) throw new Error(`The sandbox does not take a stack: ${seeded.text}`);
  const window = random.chance(0.25) ? `${random.whole(10, 50)}%` : random.whole(1, 5);
  const { instances } = seeded.json();
  const scenario: ToldScenario = {
    number,
    stack,
    instances,
    window,
    tasks: new Map(),
    cancelled: new Set(),
    repeated: 0,
  };
  told.scenarios.push(scenario);

  const ids = instances.map(({ ec2_instance_id }) => ec2_instance_id);
  for (const mishap of planMishaps(random, ids)) await setFault(world.sandbox, mishap);
  const max_failures = random.chance(0.5) ? 0 : random.whole(1, 4);
  const sent = { stack, layer: 'api', window, timeout: '20s', max_failures };
  const rival = { ...sent, stack: stack.toUpperCase(), layer: 'API Server' };
  const posts = [post(client, scenario, PATH, 'post', sent)];
  if (random.chance(0.15)) posts.push(post(client, scenario, PATH, 'rival', rival));
  let open = (await Promise.all(posts)).flatMap((id) => id ?? []);
  for (let round = 0; open.length > 0; round += 1) {
    const ended = await Promise.all(open.map((id) => follow(client, scenario, id, random)));
    const resumable = ended.filter(
      ({ status, instancesLeft = [] }) => status !== 'COMPLETED' && instancesLeft.length > 0,
    );
    if (round >= MOST_RESUMPTIONS || !random.chance(0.7)) return;
    const resumed = resumable.map(({ _id }) => post(client, scenario, `${PATH}/${_id}/resume`, `resume-${_id}`));
    open = (await Promise.all(resumed)).flatMap((id) => id ?? []);
  }
}

async function post(
  { world, told, weather }: Client,
  scenario: ToldScenario,
  path: string,
  name: string,
  body: object = {},
): Promise<string | undefined> {
  const headers = { 'idempotency-key': `restarts-${world.seed}-${scenario.number}-${name}` };
  const { answer, tries } = await sendUntilSettled(world.api, path, { body, headers }, weather);
  if (tries > 1) scenario.repeated += 1;
  if (answer.status === 202 || answer.status === 200) {
    const { _id } = answer.json() as ShownRestart;
    scenario.tasks.set(_id, undefined);
    return _id;
  }
  told.refusals.push({ subject: scenario.stack, what: `POST ${path} answered ${answer.status} ${answer.text}` });
  return undefined;
}

/** Looks until it is settled; some are cancelled on the way. */
async function follow(client: Client, scenario: ToldScenario, id: string, random: Random): Promise<ShownRestart> {
  const { world, told, weather } = client;
  const cancelAt = random.chance(0.3) ? Date.now() + random.between(0, 10_000) : Infinity;
  let isAsked = false;
  for (;;) {
    if (Date.now() >= cancelAt && !isAsked) {
      isAsked = true;
      const { answer } = await sendUntilSettled(world.api, `${PATH}/${id}`, { method: 'DELETE' }, weather);
      if (answer.status === 200 || answer.status === 202) scenario.cancelled.add(id);
      else if (answer.status !== 409) told.refusals.push({ subject: id, what: `DELETE answered ${answer.text}` });
    }
    const { answer } = await sendUntilSettled(world.api, `${PATH}/${id}`, {}, weather);
    if (answer.status !== 200) {
      told.refusals.push({ subject: id, what: `GET answered ${answer.status} ${answer.text}` });
    } else {
      const seen = answer.json() as ShownRestart;
      scenario.tasks.set(id, seen);
      if (seen.settled) return seen;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

async function readLives({ sandbox }: World): Promise<InstanceLife[]> {
  const answer = await sandbox<{ instances: InstanceLife[] }>('/_sandbox/instances?transitions=true');
  return answer.json().instances;
}

async function describe({ world, told, weather }: Client, subject: string): Promise<string> {
  const isOf = ({ tasks, instances, stack }: ToldScenario): boolean =>
    tasks.has(subject) || stack === subject || instances.some((one) => one.ec2_instance_id === subject);
  const scenario = told.scenarios.find(isOf);
  const ids = scenario === undefined ? [subject] : [...scenario.tasks.keys()];
  const names = new Set([subject, ...(scenario?.instances ?? []).map((one) => one.ec2_instance_id)]);
  const effects = (await effectsOf(world.sandbox)).filter(({ instance_ids = [] }) =>
    (instance_ids as string[]).some((id) => names.has(id)),
  );
  const lives = (await readLives(world)).filter(({ id }) => id === subject);
  const shown = await Promise.all(ids.map((id) => sendUntilSettled(world.api, `${PATH}/${id}`, {}, weather)));
  const lines = (await Promise.all(ids.map((id) => world.logLines(id)))).flat();
  return [
    `${subject}: window ${scenario?.window}, cancelled ${JSON.stringify([...(scenario?.cancelled ?? [])])}`,
    ...shown.map(({ answer }) => `  API: ${answer.text}`),
    ...lives.map((life) => `  life: ${JSON.stringify(life)}`),
    ...effects.map((effect) => `  effect: ${JSON.stringify(effect)}`),
    ...lines.map((line) => `  log: ${line}`),
  ].join('\n');
}
