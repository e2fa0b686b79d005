// GET /tasks/{task}?…, one request after another, over 10,000 records of the task, against the limit of 50 ms.
import { createKeys, createTasks } from '@quartermaster/stores';
import { median } from '../load.mjs';
import { startWeb, TOKEN } from '../processes.mjs';

const RECORDS = 10_000;
const LIMIT_MS = 50;
const TASK = 'layer-rolling-restart';
const START = Date.parse('2026-01-01T00:00:00Z');

const QUERIES = [
  ['newest first', ''],
  ['sorted by date_updated', '?sort[date_updated]=desc'],
  ['sorted by two texts, 50 of the last page', '?sort[stack]=asc&sort[layer]=desc&limit=50&page=200'],
  ['one stack and layer, sorted', '?stack=stack-3&layer=layer-7&sort[date_updated]=desc'],
  ['a status that all have, and a month, sorted', '?status=PENDING&date_created=2026-01&sort[stack]=asc'],
];

/** Whole requests, as a caller sees them: HTTP, the query, up to 50 records with their logs. */
export async function benchTasks({ redis, rounds, seconds }) {
  await redis.client.flushall();
  await fill(redis.client);
  const web = await startWeb(redis.url);
  const rows = [];
  for (const [name, query] of QUERIES) {
    const times = await measure(`${web.url}/tasks/${TASK}${query}`, rounds * seconds * 20);
    const what = `GET /tasks, ${RECORDS.toLocaleString('en')} records, ${name}`;
    const p50 = round(median(times));
    const p99 = round(times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)]);
    rows.push({ name: `${what}, p50`, against: '', unit: 'ms', figure: p50, product: { rate: p50 } });
    const goal = { atMost: LIMIT_MS };
    rows.push({ name: `${what}, p99`, against: '', unit: 'ms', figure: p99, product: { rate: p99 }, goal });
  }
  await web.stop();
  await redis.client.flushall();
  return rows;
}

async function fill(client) {
  const tasks = createTasks(client, createKeys('qm'), 86_400_000);
  for (let from = 0; from < RECORDS; from += 500) {
    await Promise.all(
      Array.from({ length: 500 }, (_, i) => {
        const n = from + i;
        const id = n.toString(16).padStart(24, '0');
        const fields = {
          stack: `stack-${n % 10}`,
          layer: `layer-${n % 50}`,
          window: 1 + (n % 3),
          timeout: '20m',
          max_failures: 0,
          plan: false,
          totalInstances: n % 40,
        };
        const job = { id: `task-${id}`, name: 'run-task', payload: { task: TASK, task_id: id } };
        // In no order, over two months.
        return tasks.accept(
          { id, task: TASK, fields, request_id: 'bench', job },
          START + ((n * 7919) % RECORDS) * 500_000,
        );
      }),
    );
  }
}

async function measure(url, count) {
  const times = [];
  for (let i = -5; i < count; i += 1) {
    const startedAt = performance.now();
    const response = await fetch(url, { headers: { authorization: `token ${TOKEN}` } });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${url}: ${response.status}`);
    if (i >= 0) times.push(performance.now() - startedAt);
  }
  return times;
}

function round(ms) {
  return Number(ms.toFixed(1));
}
