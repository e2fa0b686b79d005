import { parseArgs } from 'node:util';
import { soakCrashPoints } from '../couchdb/soak';
import { SPAWNERS } from '../harness/couchdb';
import { soakDiscovery } from '../discovery/soak';
import { soakFuzz } from '../fuzz/soak';
import { soak, type Goal } from './soak';
import { domains } from './streams';

const USAGE = `npm run soak -- <stream> [--seed N] [--seconds N | --requests N] [--kills N] [--rate N]
npm run soak -- discovery [--rounds N]
npm run soak -- crash-points [deployment|rc|statefulset]
npm run soak -- fuzz [--seed N] [--seconds N]

  <stream>     ${Object.keys(domains).join(', ')}
  --seed       decides the schedule of kills and faults and what is asked for (default 1)
  --seconds    how long requests are sent (default 120)
  --requests   instead: until so many are acknowledged
  --kills      and until so many processes were killed; kills are spread over the time that the requests take
  --rate       requests a second
  --rounds     of discovery, which sends no requests: how often each fault strikes (default 20)

  crash-points kills a worker at every crash point of the operations on CouchDB clusters (half an hour)
  fuzz         sends every operation of /openapi.json requests made by chance, and compares the answers with it
`;

function readRounds(args: string[]): number | undefined {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '20' } } });
  const rounds = Number(values.rounds);
  return rounds > 0 ? rounds : undefined;
}

function readFuzz(args: string[]): { seed: number; seconds: number } | undefined {
  const options = { seed: { type: 'string', default: '1' }, seconds: { type: 'string', default: '120' } } as const;
  const { values } = parseArgs({ args, options });
  const [seed, seconds] = [Number(values.seed), Number(values.seconds)];
  return seed > 0 && seconds > 0 ? { seed, seconds } : undefined;
}

function readCommand(args: string[]): { name: string; goal: Goal } | undefined {
  const number = { type: 'string' } as const;
  const options = { seed: number, seconds: number, requests: number, kills: number, rate: number };
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [name = ''] = positionals;
  const domain = domains[name];
  const given = Object.entries(values).map(([option, text]) => [option, Number(text)] as const);
  if (domain === undefined || given.some(([, value]) => !(value > 0))) return undefined;
  const { seed = 1, seconds = 120, requests, kills, rate = domain.rate } = Object.fromEntries(given);
  return { name, goal: { seed, rate, kills, ...(requests === undefined ? { seconds } : { requests }) } };
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args[0] === 'discovery') {
    const rounds = readRounds(args.slice(1));
    return rounds === undefined ? refuse() : endOf(await soakDiscovery(rounds));
  }
  if (args[0] === 'crash-points') {
    const spawners = SPAWNERS.filter((spawner) => args.length === 1 || spawner === args[1]);
    return spawners.length === 0 ? refuse() : endOf(await soakCrashPoints(spawners));
  }
  if (args[0] === 'fuzz') {
    const wanted = readFuzz(args.slice(1));
    return wanted === undefined ? refuse() : endOf(await soakFuzz(wanted.seed, wanted.seconds));
  }
  const command = readCommand(args);
  const domain = command === undefined ? undefined : domains[command.name];
  if (command === undefined || domain === undefined) return refuse();
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  return endOf(await soak(domain, command.goal, interrupted.signal));
}

function refuse(): number {
  process.stderr.write(USAGE);
  return 2;
}

function endOf(isProven: boolean): number {
  return isProven ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
