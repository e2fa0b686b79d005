import { hostname } from 'node:os';
import { ConfigError, createSilentLogger, describeError, loadConfig } from '@quartermaster/foundation';
import {
  connectRedis,
  createKeys,
  createProcessBoard,
  redisVariables,
  waitUntilReady,
  withRedisProvider,
  type RedisConfig,
} from '@quartermaster/stores';

const USAGE = `Usage: quartermaster-health web|worker|mini-worker

An exec probe for containers: exits 0 when that process lives on this host, else 1 with the reason.
A process lives when its heartbeat in Redis is fresh; needs the same REDIS_… variables as the process.
`;
/** How long (ms) Redis may take to answer. */
const PATIENCE_MS = 3_000;

async function main(name: string | undefined): Promise<string | undefined> {
  if (name === '--help' || name === '-h') {
    process.stdout.write(USAGE);
    return undefined;
  }
  if (name !== 'web' && name !== 'worker' && name !== 'mini-worker') {
    process.stderr.write(USAGE);
    process.exit(2);
  }
  const config = loadConfig<RedisConfig>(redisVariables, withRedisProvider(process.env));
  const redis = connectRedis(config, createSilentLogger());
  try {
    if (!(await waitUntilReady(redis, PATIENCE_MS))) return 'Redis does not answer\n';
    const seen = await createProcessBoard(redis, createKeys(config.REDIS_PREFIX)).list(Date.now());
    const mine = seen.filter((one) => one.process === name && one.host === hostname());
    if (mine.some(({ alive }) => alive)) return undefined;
    return mine.length === 0
      ? `No ${name} has said that it lives on ${hostname()}\n`
      : `The ${name} on ${hostname()} is silent\n`;
  } finally {
    redis.disconnect();
  }
}

void main(process.argv[2])
  .catch((error: unknown) => `${error instanceof ConfigError ? error.message : describeError(error)}\n`)
  .then((problem) => {
    if (problem !== undefined) process.stderr.write(problem);
    process.exit(problem === undefined ? 0 : 1);
  });
