// `npm run bench`: every figure of the product beside a bare baseline in the same run.
//   --quick          about a minute
//   --only=a,b       some sections only (nothing is written to bench/results)
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { format, resolveConfig } from 'prettier';
import { startRedis } from '@quartermaster/testing';
import { describeMachine } from './machine.mjs';
import { ROOT, stopEverything } from './processes.mjs';
import { formatTable, isMet } from './table.mjs';
import { benchDns } from './sections/dns.mjs';
import { benchDiscovery } from './sections/discovery.mjs';
import { benchInstanceBuilds } from './sections/instance-builds.mjs';
import { benchInstances } from './sections/instances.mjs';
import { benchMemory } from './sections/memory.mjs';
import { benchRefresh } from './sections/refresh.mjs';
import { benchTasks } from './sections/tasks.mjs';
import { benchWebConcurrency } from './sections/web-concurrency.mjs';
import { benchWorker } from './sections/worker.mjs';

const SECTIONS = {
  builds: benchInstanceBuilds,
  instances: benchInstances,
  worker: benchWorker,
  dns: benchDns,
  refresh: benchRefresh,
  concurrency: benchWebConcurrency,
  tasks: benchTasks,
  discovery: benchDiscovery,
  memory: benchMemory,
};

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, rounds: { type: 'string' } },
});
const only = values.only?.split(',');
const size = values.quick ? { rounds: 1, seconds: 1, builds: 300 } : { rounds: 3, seconds: 3, builds: 1000 };
if (values.rounds !== undefined) size.rounds = Number(values.rounds);

// Rewriting the append-only file in the middle of a round would be measured too.
const redisServer = await startRedis(['--auto-aof-rewrite-percentage', '0']);
const client = new Redis({ host: '127.0.0.1', port: redisServer.port });
const redis = { url: redisServer.url, port: redisServer.port, client };
const startedAt = Date.now();
const rows = [];
try {
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (only !== undefined && !only.includes(name)) continue;
    process.stderr.write(`${name} …\n`);
    rows.push(...(await section({ redis, ...size })));
  }
} finally {
  await stopEverything();
  client.disconnect();
  await redisServer.stop();
}

const results = {
  date: new Date(startedAt).toISOString(),
  mode: values.quick ? 'quick' : 'full',
  seconds: Math.round((Date.now() - startedAt) / 1000),
  machine: await describeMachine(),
  method: size,
  rows: rows.map((row) => ({ ...row, ...(row.goal === undefined ? {} : { met: isMet(row) }) })),
};
process.stdout.write(`${formatTable(rows)}\n`);
if (only === undefined) {
  const file = join(ROOT, 'bench/results/latest.json');
  await mkdir(dirname(file), { recursive: true });
  // As the check of formats wants it: it is committed.
  await writeFile(
    file,
    await format(JSON.stringify(results, null, 2), { ...(await resolveConfig(file)), parser: 'json' }),
  );
  process.stdout.write(`Written to bench/results/latest.json (${results.mode}, ${results.seconds} s).\n`);
}
