import { appendFileSync, mkdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createChaos, type Chaos, type Strike } from './chaos';
import { createFaultWeather, type FaultWeather } from './faults';
import { startProduct, type Product } from './product';
import { createRandom } from './random';
import { createRedisView } from './redis-view';
import { reportOf } from './report';
import type { Domain, Stream, World } from './stream';

/** When enough has happened. */
export interface Goal {
  readonly seed: number;
  /** Requests a second. */
  readonly rate: number;
  readonly seconds?: number | undefined;
  readonly requests?: number | undefined;
  readonly kills?: number | undefined;
}

const ROOT = join(__dirname, '../..');
/** A process is killed every second or two; where a goal names both requests and kills, these are spread over those. */
const MEAN_PAUSE_MS = 1500;
const PAUSES_MS = [900, 2000] as const;
/** Of all strikes some freeze, and some meet a process that is down already. */
const KILLS_OF_STRIKES = 0.75;
/** What a lost queue, a clean-up that waits and an old lease need to be mended in, and some time to spare (ms). */
const SETTLE_LIMIT_MS = 240_000;
const SHOWN_FINDINGS = 10;

/** Lets a stream run amid kills and faults, then has it checked; false where something was found. */
export async function soak(domain: Domain, goal: Goal, interrupted: AbortSignal): Promise<boolean> {
  const folder = join(ROOT, '.local/soak', `${domain.name}-${goal.seed}-${Date.now()}`);
  mkdirSync(folder, { recursive: true });
  say(`Soak of ${domain.name}, seed ${goal.seed}; logs in ${relative(ROOT, folder)}`);
  const product = await startProduct(folder, domain.settings?.(goal.seed));
  const redis = createRedisView(product.redisUrl, product.prefix);
  try {
    const { api, sandbox } = product;
    const random: World['random'] = (...words) => createRandom(goal.seed, ...words);
    const logLines = (word: string): Promise<string[]> => findLogLines(folder, word);
    const world: World = { api, sandbox, redis, seed: goal.seed, random, logLines };
    const noteStrike = ({ target, freezeMs }: Strike): void => {
      const blow = freezeMs === undefined ? 'killed' : `frozen for ${Math.round(freezeMs)} ms`;
      appendFileSync(join(folder, 'strikes.txt'), `${new Date().toISOString()} ${target} ${blow}\n`);
    };
    return await soakWorld(domain, goal, { product, world, noteStrike }, interrupted);
  } finally {
    redis.close();
    await product.stop();
  }
}

async function soakWorld(
  domain: Domain,
  goal: Goal,
  { product, world, noteStrike }: { product: Product; world: World; noteStrike: (strike: Strike) => void },
  interrupted: AbortSignal,
): Promise<boolean> {
  const stream = domain.createStream(world);
  const chaos = createChaos(world.random('chaos'), product.victims, meanPauseMs(goal), noteStrike);
  const faults = typeof domain.faults === 'function' ? domain.faults(goal.seed) : domain.faults;
  const weather = createFaultWeather(world.sandbox, world.random('faults'), faults);
  const startedAt = Date.now();
  await storm(stream, chaos, weather, goal, interrupted);
  const stormedMs = Date.now() - startedAt;
  if (interrupted.aborted) throw new Error('Interrupted');

  const left = await settle(stream);
  const verdict = await stream.check();
  const ownEnds = product.victims.flatMap(({ process }) => process.ownEnds.map((end) => `${process.name} ${end}`));
  const facts = { domain, goal, chaos, weather, verdict, ownEnds, left };
  say(reportOf({ ...facts, stormedMs, acknowledged: stream.acknowledged(), tookMs: Date.now() - startedAt }));

  const subjects = [...new Set(verdict.findings.map(({ subject }) => subject))].slice(0, SHOWN_FINDINGS);
  for (const subject of subjects) say(`\n${await stream.describe(subject)}`);
  return verdict.findings.length === 0;
}

/** Stream, kills and faults at once, until the goal is reached. */
async function storm(
  stream: Stream,
  chaos: Chaos,
  weather: FaultWeather,
  goal: Goal,
  interrupted: AbortSignal,
): Promise<void> {
  const ends = { stream: new AbortController(), chaos: new AbortController() };
  const chaosEnd = AbortSignal.any([interrupted, ends.chaos.signal]);
  const raging = Promise.all([chaos.run(chaosEnd), weather.run(chaosEnd)]);
  const streaming = stream.run(goal.rate, AbortSignal.any([interrupted, ends.stream.signal]));
  const failed = Promise.race([raging.then(() => new Promise<never>(() => {})), streaming]);
  try {
    await Promise.race([failed, watch(stream, chaos, goal, interrupted)]);
    ends.stream.abort();
    // What was begun is brought to its end amid kills; a client that is never answered would hang here for ever.
    await streaming;
  } finally {
    ends.stream.abort();
    ends.chaos.abort();
  }
  await raging;
}

async function watch(stream: Stream, chaos: Chaos, goal: Goal, interrupted: AbortSignal): Promise<void> {
  const startedAt = Date.now();
  const isReached = (): boolean =>
    Date.now() - startedAt >= (goal.seconds ?? 0) * 1000 &&
    stream.acknowledged() >= (goal.requests ?? 0) &&
    chaos.totalKills() >= (goal.kills ?? 0);
  for (let round = 1; !isReached() && !interrupted.aborted; round += 1) {
    await sleep(500);
    if (round % 40 === 0) {
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      say(`${seconds} s: ${stream.acknowledged()} acknowledged, ${chaos.totalKills()} kills`);
    }
  }
}

/** Waits until nothing moves any more; returns what still does when the time is over. */
async function settle(stream: Stream): Promise<string[]> {
  const end = Date.now() + SETTLE_LIMIT_MS;
  for (let round = 1; ; round += 1) {
    const moving = await stream.unsettled().catch((error: unknown) => [String(error)]);
    if (moving.length === 0 || Date.now() > end) return moving;
    if (round % 20 === 1) say(`Settling: ${moving.length} still move, e.g. ${moving.slice(0, 3).join('; ')}`);
    await sleep(1000);
  }
}

function meanPauseMs({ rate, requests, kills }: Goal): number {
  if (requests === undefined || kills === undefined) return MEAN_PAUSE_MS;
  const needed = ((requests / rate) * 1000 * KILLS_OF_STRIKES) / kills;
  return Math.max(PAUSES_MS[0], Math.min(PAUSES_MS[1], needed));
}

async function findLogLines(folder: string, word: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.log'));
  const found: string[] = [];
  for (const file of files) {
    const lines = (await readFile(join(folder, file), 'utf8')).split('\n').filter((line) => line.includes(word));
    found.push(...lines.map((line) => `${file}: ${line}`));
  }
  return found.slice(0, 40);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
