// The mini-worker's refresh of the instance cache over the real SDK, and for the same listing the SDK's own time (every page
// parsed, then dropped) and the API's (every page read to its end, never parsed). One at a time, on the parent's word.
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

const sdk = new EC2Client({});
const unparsed = new EC2Client({});
unparsed.middlewareStack.add(
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

async function listWith(client) {
  let pages = 0;
  for await (const _page of paginateDescribeInstances({ client, pageSize: 1000 }, {})) pages += 1;
  if (pages < 2) throw new Error(`The listing has only ${pages} pages`);
}

const work = {
  /** The API alone. */
  list: () => listWith(unparsed),
  /** The API and the SDK's reading of it; the product's own part is not in it. */
  read: () => listWith(sdk),
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
