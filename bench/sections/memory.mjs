// What each process holds in memory: idle, and at most under load.
import { load } from '../load.mjs';
import { pause, readMemory, startNode, startWeb, TOKEN } from '../processes.mjs';
import { startSandbox } from '../sandbox.mjs';
import { BODY } from './instance-builds.mjs';

export async function benchMemory({ redis, seconds }) {
  await redis.client.flushall();
  const sandbox = await startSandbox();
  const environment = { ...sandbox.environment, REDIS_URL: redis.url };
  const web = await startWeb(redis.url);
  const worker = startNode('apps/worker/dist/main.js', {
    ...environment,
    WEB_URL: web.url,
    INIT_SCRIPT_KEY: 'bench-init-script-key-0123456789abcdef',
  });
  const miniWorker = startNode('apps/mini-worker/dist/main.js', environment);
  await pause(3000);
  const processes = { web, worker, 'mini-worker': miniWorker };
  const idle = measure(processes);
  const headers = { 'content-type': 'application/json', authorization: `token ${TOKEN}` };
  await load({ url: `${web.url}/instance-builds`, method: 'POST', headers, body: BODY, seconds });
  await load({ url: `${web.url}/instances`, headers, seconds });
  await pause(2000);
  const loaded = measure(processes);
  await Promise.all([web, worker, miniWorker].map((process) => process.stop()));
  await sandbox.stop();
  return Object.keys(processes).flatMap((name) => [
    {
      name: `memory of ${name}, idle`,
      against: '–',
      unit: 'MB',
      figure: idle[name].now,
      product: { rate: idle[name].now },
      ...(name === 'web' ? { goal: { atMost: 120 } } : {}),
    },
    {
      name: `memory of ${name}, most`,
      against: '–',
      unit: 'MB',
      figure: loaded[name].peak,
      product: { rate: loaded[name].peak },
    },
  ]);
}

function measure(processes) {
  return Object.fromEntries(Object.entries(processes).map(([name, { pid }]) => [name, readMemory(pid)]));
}
