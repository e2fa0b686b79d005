import { parseArgs } from 'node:util';
import { soak, type Goal } from './soak';
import { domains } from './streams';

const USAGE = `npm run soak -- <stream> [--seed N] [--seconds N | --requests N] [--kills N] [--rate N]

  <stream>     ${Object.keys(domains).join(', ')}
  --seed       decides the schedule of kills and faults and what is asked for (default 1)
  --seconds    how long requests are sent (default 120)
  --requests   instead: until so many are acknowledged
  --kills      and until so many processes were killed; kills are spread over the time that the requests take
  --rate       requests a second
`;

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
  const command = readCommand(process.argv.slice(2));
  const domain = command === undefined ? undefined : domains[command.name];
  if (command === undefined || domain === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  return (await soak(domain, command.goal, interrupted.signal)) ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
