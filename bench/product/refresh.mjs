// The mini-worker's refresh of the instance cache over the real SDK, and the API's own time for the same listing: its
// pages asked for in the same way, read to their end, and dropped. One at a time, on the parent's word.
import { Readable } from 'node:stream';
import { EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { createSilentLogger } from '@quartermaster/foundation';
import { createEc2 } from '@quartermaster/instances/aws';
import { connectRedis, createInstanceCache, createKeys, waitUntilReady } from '@quartermaster/stores';
import { createRefreshInstances } from '../../apps/mini-worker/dist/chores/refresh-instances.js';
import { environment } from '../environment.mjs';

const { redisPort, prefix } = environment();
const config = { REDIS_URL: `redis://127.0.0.1:${redisPort}`, REDIS_TLS_REJECT_UNAUTHORIZED: true };
const redis = connectRedis(config, createSilentLogger());
await waitUntilReady(redis, 5000);
const cache = createInstanceCache(redis, createKeys(prefix));
const ec2 = createEc2({ installId: 'quartermaster' });
const chore = createRefreshInstances(ec2, cache);
const guard = { signal: new AbortController().signal, assertHeld: () => {} };

const bare = new EC2Client({});
bare.middlewareStack.add(
  (next) => async (args) => {
    const { response, ...rest } = await next(args);
    let token = '';
    for await (const part of response.body) token = /<nextToken>([^<]*)</.exec(String(part))?.[1] ?? token;
    const xml = `<DescribeInstancesResponse><nextToken>${token}</nextToken></DescribeInstancesResponse>`;
    response.body = Readable.from([Buffer.from(xml)]);
    return { ...rest, response };
  },
  { step: 'deserialize', priority: 'low' },
);

const work = {
  /** The API alone. */
  list: async () => {
    let pages = 0;
    for await (const _page of paginateDescribeInstances({ client: bare, pageSize: 1000 }, {})) pages += 1;
    if (pages < 2) throw new Error(`The listing has only ${pages} pages`);
  },
  /** The API and the SDK's reading of it. */
  read: () => ec2.listInstances(),
  refresh: () => chore.run(guard),
  count: async () => (await cache.loadAll()).instances.size,
};

async function answer(name) {
  try {
    const startedAt = performance.now();
    const result = await work[name]();
    process.send({ ms: performance.now() - startedAt, result: typeof result === 'number' ? result : undefined });
  } catch (error) {
    process.send({ error: String(error) });
  }
}

process.on('message', (name) => void answer(name));
process.send({ ready: true });
