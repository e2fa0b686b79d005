import { randomUUID } from 'node:crypto';
import { eventually, findFreePort, startRedis, type RedisServer } from '@quartermaster/testing';
import { createApi, type Api } from './api';
import { startProcess, type Process } from './processes';

export const TOKEN = 'system-test-token-0123456789';

/** The whole product over a private Redis and a sandbox, each process real. */
export interface System {
  readonly redis: RedisServer;
  readonly sandbox: Api;
  readonly sandboxUrl: string;
  readonly lanes: Lane[];
  /** An installation of its own (Redis prefix, install id, `web`) on the same Redis and sandbox. */
  openLane(options?: LaneOptions): Promise<Lane>;
  stop(): Promise<void>;
}

export interface LaneOptions {
  readonly web?: Readonly<Record<string, string>>;
  readonly worker?: Readonly<Record<string, string>>;
  readonly miniWorker?: Readonly<Record<string, string>>;
  /** What starts besides `web`; worker and mini-worker unless told otherwise. */
  readonly start?: readonly ('worker' | 'mini-worker')[];
}

export interface Lane {
  readonly api: Api;
  readonly webUrl: string;
  readonly prefix: string;
  readonly redisUrl: string;
  readonly processes: Process[];
  readonly web: Process;
  startWorker(extra?: Readonly<Record<string, string>>): Process;
  startMiniWorker(extra?: Readonly<Record<string, string>>): Process;
  restartWeb(): Promise<void>;
  stop(): Promise<void>;
}

/** Short times, so that tests wait little; proofs at product settings take these out again. */
export const FAST_WORKER = {
  JOB_LOCK: '1500ms',
  JOB_BACKOFF: '100ms',
  JOB_MAX_BACKOFF: '1s',
} as const;

const FAST_SANDBOX = {
  SANDBOX_BOOT_MS: '50',
  SANDBOX_CLOUD_INIT_MS: '50',
  SANDBOX_SHUTDOWN_MS: '100',
  SANDBOX_INTERFACE_LINGER_MS: '100',
  SANDBOX_STOP_MS: '100',
  SANDBOX_CHECKS_MS: '50',
  SANDBOX_SETUP_MS: '50',
} as const;

export async function startSystem(sandboxSettings: Readonly<Record<string, string>> = {}): Promise<System> {
  const redis = await startRedis();
  const sandboxPort = String(await findFreePort());
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const sandboxProcess = startProcess('sandbox', {
    SANDBOX_PORT: sandboxPort,
    LOG_FORMAT: 'json',
    ...FAST_SANDBOX,
    ...sandboxSettings,
  });
  const sandbox = createApi(sandboxUrl);
  await awaitOk(sandbox, '/_sandbox/health');

  const lanes: Lane[] = [];
  return {
    redis,
    sandbox,
    sandboxUrl,
    lanes,
    openLane: async (options = {}) => {
      const lane = await openLane(redis.url, sandboxUrl, options);
      lanes.push(lane);
      return lane;
    },
    stop: async () => {
      await Promise.all(lanes.map((lane) => lane.stop()));
      await sandboxProcess.stop();
      await redis.stop();
    },
  };
}

async function openLane(redisUrl: string, sandboxUrl: string, options: LaneOptions): Promise<Lane> {
  const prefix = `qm-${randomUUID().slice(0, 8)}`;
  const port = String(await findFreePort());
  const webUrl = `http://127.0.0.1:${port}`;
  const shared = { REDIS_URL: redisUrl, REDIS_PREFIX: prefix, INSTALL_ID: prefix, LOG_LEVEL: 'debug', WEB_URL: webUrl };
  const cloud = {
    ...shared,
    AWS_ENDPOINT_URL: sandboxUrl,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const workerSettings = {
    ...cloud,
    // In the sandbox's log of requests.
    AWS_SDK_UA_APP_ID: 'worker',
    SLACK_API_URL: `${sandboxUrl}/api/`,
    SLACK_TOKEN: 'xoxb-sandbox-token',
    INIT_SCRIPT_KEY: 'system-test-init-script-key-0123456789',
    ...FAST_WORKER,
    ...options.worker,
  };
  const miniWorkerSettings = {
    ...cloud,
    AWS_SDK_UA_APP_ID: 'mini-worker',
    MINI_WORKER_INTERVAL: '300ms',
    ...options.miniWorker,
  };
  const webSettings = {
    ...shared,
    PORT: port,
    HOST: '127.0.0.1',
    AUTH_TOKEN: TOKEN,
    SLACK_CHANNEL: 'general',
    ...options.web,
  };

  const processes: Process[] = [];
  const start = (...started: Parameters<typeof startProcess>): Process => {
    const one = startProcess(...started);
    processes.push(one);
    return one;
  };
  let web = start('web', webSettings);
  const awaitReady = async (): Promise<void> => {
    await awaitOk(createApi(webUrl), '/readyz');
  };
  await awaitReady();

  const lane: Lane = {
    api: createApi(webUrl, { authorization: `token ${TOKEN}` }),
    webUrl,
    prefix,
    redisUrl,
    processes,
    get web() {
      return web;
    },
    startWorker: (extra = {}) => start('worker', { ...workerSettings, ...extra }),
    startMiniWorker: (extra = {}) => start('mini-worker', { ...miniWorkerSettings, ...extra }),
    restartWeb: async () => {
      web = start('web', webSettings);
      await awaitReady();
    },
    stop: async () => void (await Promise.all(processes.map((one) => one.stop()))),
  };
  const wanted = options.start ?? ['worker', 'mini-worker'];
  if (wanted.includes('worker')) lane.startWorker();
  if (wanted.includes('mini-worker')) lane.startMiniWorker();
  if (wanted.includes('mini-worker')) {
    await eventually(async () => {
      if (!(await lane.api('/instances')).headers.has('x-cache-age')) throw new Error('no cache yet');
    });
  }
  return lane;
}

/** Waits until a process answers. Usable outside of tests too. */
async function awaitOk(api: Api, path: string): Promise<void> {
  await eventually(async () => {
    const { status } = await api(path);
    if (status !== 200) throw new Error(`${path} answers ${status}`);
  });
}
