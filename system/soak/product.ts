import { join } from 'node:path';
import { findFreePort } from '@quartermaster/testing';
import { createApi, type Api } from '../harness/api';
import { withLimit } from './patient-client';
import type { Victim } from './chaos';
import { supervise, type Supervised } from './supervised';

/** The whole product and its sandbox, each process real and supervised. */
export interface Product {
  readonly api: Api;
  readonly sandbox: Api;
  readonly redisUrl: string;
  readonly prefix: string;
  /** What chaos may strike: everything but the sandbox, which is the outside. */
  readonly victims: readonly Victim[];
  stop(): Promise<void>;
}

/** Variables of each process. */
export type Settings = Readonly<
  Partial<Record<'sandbox' | 'web' | 'worker' | 'miniWorker', Readonly<Record<string, string>>>>
>;

const ROOT = join(__dirname, '../..');
const TOKEN = 'soak-token-0123456789abcdef';
/** Longer than `web` may hold an answer back; one that is frozen does not answer at all. */
const ANSWER_LIMIT_MS = 8_000;
const READY_LIMIT_MS = 90_000;

const node = (script: string): { command: string; args: string[] } => ({
  command: process.execPath,
  args: [join(ROOT, script)],
});

/** Starts everything, its logs and Redis' data in `folder`, and waits until `web` is ready. */
export async function startProduct(folder: string, more: Settings = {}): Promise<Product> {
  const [redisPort, sandboxPort, webPort] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const redisUrl = `redis://127.0.0.1:${redisPort}`;
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const webUrl = `http://127.0.0.1:${webPort}`;
  const prefix = 'soak';
  const usual = settingsFor({ redisUrl, sandboxUrl, webUrl, webPort, sandboxPort, prefix });
  const settings = {
    sandbox: { ...usual.sandbox, ...more.sandbox },
    web: { ...usual.web, ...more.web },
    worker: { ...usual.worker, ...more.worker },
    miniWorker: { ...usual.miniWorker, ...more.miniWorker },
  };
  const start = (
    name: string,
    program: { command: string; args: string[] },
    environment: Record<string, string>,
  ): Supervised => supervise({ name, ...program, environment, logFile: join(folder, `${name}.log`) });

  const redis = start('redis', { command: 'redis-server', args: redisArguments(redisPort, folder) }, {});
  const sandbox = start('sandbox', node('apps/sandbox/dist/main.js'), settings.sandbox);
  const web = start('web', { command: join(ROOT, 'bin/web'), args: [] }, settings.web);
  const workers = ['worker-1', 'worker-2'].map((name) =>
    start(name, node('apps/worker/dist/main.js'), settings.worker),
  );
  const miniWorker = start('mini-worker', node('apps/mini-worker/dist/main.js'), settings.miniWorker);
  const clients = [miniWorker, ...workers, web];

  const stop = async (): Promise<void> => {
    await Promise.all(clients.map((one) => one.stop()));
    await Promise.all([sandbox.stop(), redis.stop()]);
  };
  const sandboxApi = createApi(sandboxUrl, { 'content-type': 'application/json' });
  try {
    await waitForOk(sandboxApi, '/_sandbox/health');
    await waitForOk(createApi(webUrl), '/readyz');
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    api: withLimit(createApi(webUrl, { authorization: `token ${TOKEN}` }), ANSWER_LIMIT_MS),
    sandbox: sandboxApi,
    redisUrl,
    prefix,
    victims: [
      { process: web, weight: 5 },
      ...workers.map((process) => ({ process, weight: 5 })),
      { process: miniWorker, weight: 2 },
      { process: redis, weight: 3 },
    ],
    stop,
  };
}

function redisArguments(port: number, folder: string): string[] {
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''];
  return [...place, '--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'];
}

interface Places {
  readonly redisUrl: string;
  readonly sandboxUrl: string;
  readonly webUrl: string;
  readonly webPort: number;
  readonly sandboxPort: number;
  readonly prefix: string;
}

/** Short times, so that much happens in little time; freezes last longer than a worker's lock. */
function settingsFor({ redisUrl, sandboxUrl, webUrl, webPort, sandboxPort, prefix }: Places) {
  const shared = { REDIS_URL: redisUrl, REDIS_PREFIX: prefix, INSTALL_ID: prefix, WEB_URL: webUrl, LOG_LEVEL: 'info' };
  const cloud = {
    ...shared,
    AWS_ENDPOINT_URL: sandboxUrl,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return {
    sandbox: {
      SANDBOX_PORT: String(sandboxPort),
      SANDBOX_BOOT_MS: '50',
      SANDBOX_CLOUD_INIT_MS: '50',
      // Of a web that is killed all the time, on a busy machine, one answer takes a while to get.
      SANDBOX_CLOUD_INIT_RETRY_MS: '300000',
      SANDBOX_SHUTDOWN_MS: '100',
      SANDBOX_INTERFACE_LINGER_MS: '200',
      // Longer than the product reckons with an id that EC2 does not know yet.
      SANDBOX_TERMINATED_VISIBLE_MS: '330000',
      LOG_LEVEL: 'warn',
    },
    web: {
      ...shared,
      PORT: String(webPort),
      HOST: '127.0.0.1',
      AUTH_TOKEN: TOKEN,
      SLACK_CHANNEL: 'general',
      MAX_INSTANCES: '100000',
    },
    worker: {
      ...cloud,
      SLACK_API_URL: `${sandboxUrl}/api/`,
      SLACK_TOKEN: 'xoxb-sandbox-token',
      INIT_SCRIPT_KEY: 'soak-init-script-key-0123456789abcdef',
      BUILD_REPORT_TIMEOUT: '20s',
      JOB_LOCK: '3s',
      JOB_BACKOFF: '200ms',
      JOB_MAX_BACKOFF: '2s',
    },
    miniWorker: { ...cloud, MINI_WORKER_INTERVAL: '4s' },
  };
}

async function waitForOk(api: Api, path: string): Promise<void> {
  const end = Date.now() + READY_LIMIT_MS;
  for (;;) {
    const answer = await api(path).catch(() => undefined);
    if (answer?.status === 200) return;
    if (Date.now() > end) throw new Error(`${path} does not answer 200 after ${READY_LIMIT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
