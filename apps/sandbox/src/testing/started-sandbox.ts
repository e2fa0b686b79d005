import { EC2Client } from '@aws-sdk/client-ec2';
import { Route53Client } from '@aws-sdk/client-route-53';
import { OpsWorksClient } from '@aws-sdk/client-opsworks';
import { createSilentLogger, loadConfig, type Environment } from '@quartermaster/foundation';
import { LogLevel, WebClient } from '@slack/web-api';
import { sandboxVariables, type SandboxConfig } from '../config.js';
import { createSandbox } from '../create-sandbox.js';
import type { Effect, RequestRecord } from '../records.js';

/** A sandbox in this process on a free port, with the real clients turned to it. */
export interface StartedSandbox {
  readonly url: string;
  /** One attempt a call, so that a test sees every refusal. */
  readonly ec2: EC2Client;
  readonly route53: Route53Client;
  readonly opsWorks: OpsWorksClient;
  readonly slack: WebClient;
  /** Tries once, leaves a rate limit to the caller, and says nothing on the console. */
  slackWith(token: string): WebClient;
  opsWorksWith(settings: ConstructorParameters<typeof OpsWorksClient>[0]): OpsWorksClient;
  ec2With(settings: ConstructorParameters<typeof EC2Client>[0]): EC2Client;
  route53With(settings: ConstructorParameters<typeof Route53Client>[0]): Route53Client;
  get<T>(path: string): Promise<T>;
  send(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  effects(action?: string): Promise<Effect[]>;
  requests(): Promise<{ counts: Record<string, Record<string, number>>; log: RequestRecord[] }>;
  resources(): Promise<Resources>;
  /** Adds a stack of OpsWorks. */
  addStack(plan: object): Promise<AddedStack>;
  instance(id: string): Promise<ShownInstance>;
  /** The real one, until a test holds it, and again after a reset. */
  readonly clock: SandboxClock;
  stop(): Promise<void>;
}

/** By which instances boot and stop, changes spread and requests are counted; not that of pauses on the way. */
export interface SandboxClock {
  /** It stands still: what lasts a moment only can be looked at for as long as that takes. */
  hold(): void;
  /** Moves it on while it is held. */
  pass(ms: number): void;
  go(): void;
}

function createClock(): SandboxClock & { now(): number; reset(): void } {
  let ahead = 0;
  let heldAt: number | undefined;
  const now = (): number => heldAt ?? Date.now() + ahead;
  return {
    now,
    hold: () => void (heldAt = now()),
    pass: (ms) => {
      if (heldAt === undefined) throw new Error('the clock is not held');
      heldAt += ms;
    },
    go: () => {
      ahead = now() - Date.now();
      heldAt = undefined;
    },
    reset: () => {
      ahead = 0;
      heldAt = undefined;
    },
  };
}

export interface AddedStack {
  readonly id: string;
  readonly name: string;
  readonly layers: { id: string; name: string; shortname: string }[];
  readonly instances: {
    instance_id: string;
    ec2_instance_id: string;
    hostname: string;
    layers: string[];
    status: string;
  }[];
}

export interface ShownInstance {
  readonly id: string;
  readonly state: string;
  readonly public_ip: string | null;
  readonly tags: Record<string, string>;
  readonly opsworks: { instance_id: string; hostname: string; stack: string; layers: string[]; status: string } | null;
  readonly transitions: { at: string; state: string }[];
  readonly check_transitions: { at: string; state: string }[];
  readonly opsworks_transitions: { at: string; state: string }[];
}

export interface Resources {
  readonly vpcs: { id: string; default: boolean }[];
  readonly subnets: { id: string; vpc_id: string; zone: string }[];
  readonly images: { id: string; name: string; state: string; tags: Record<string, string> }[];
  readonly security_groups: { id: string; name: string; vpc_id: string }[];
}

const SHORT_TIMES = {
  SANDBOX_PORT: '0',
  SANDBOX_BOOT_MS: '60',
  SANDBOX_CLOUD_INIT_MS: '20',
  SANDBOX_SHUTDOWN_MS: '60',
  SANDBOX_STOP_MS: '60',
  SANDBOX_CHECKS_MS: '60',
  SANDBOX_SETUP_MS: '60',
  SANDBOX_INTERFACE_LINGER_MS: '120',
  SANDBOX_TERMINATED_VISIBLE_MS: '60000',
  SANDBOX_ROUTE53_INSYNC_MS: '150',
};

export async function startSandbox(environment: Environment = {}): Promise<StartedSandbox> {
  const config = loadConfig<SandboxConfig>(sandboxVariables, { ...SHORT_TIMES, ...environment });
  const clock = createClock();
  const sandbox = createSandbox(config, createSilentLogger(), () => clock.now());
  await sandbox.start();
  const { url } = sandbox;

  const standard = {
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox-secret' },
    maxAttempts: 1,
  };
  const ec2With: StartedSandbox['ec2With'] = (settings) => new EC2Client({ ...standard, ...settings });
  const opsWorksWith: StartedSandbox['opsWorksWith'] = (settings) => new OpsWorksClient({ ...standard, ...settings });
  const route53With: StartedSandbox['route53With'] = (settings) => new Route53Client({ ...standard, ...settings });
  const send: StartedSandbox['send'] = async (method, path, body) => {
    if (path === 'reset') clock.reset();
    const payload = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await fetch(`${url}/_sandbox/${path}`, { method, ...payload });
    return { status: response.status, body: await response.json() };
  };
  const get = async <T>(path: string): Promise<T> => (await send('GET', path)).body as T;
  const slackWith = (token: string): WebClient =>
    new WebClient(token, {
      slackApiUrl: `${url}/api/`,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: { ...createSilentLogger(), setLevel() {}, setName() {}, getLevel: () => LogLevel.ERROR },
    });
  const ec2 = ec2With({});
  const opsWorks = opsWorksWith({});

  const route53 = route53With({});

  return {
    url,
    route53,
    route53With,
    ec2,
    ec2With,
    opsWorks,
    opsWorksWith,
    slack: slackWith('xoxb-sandbox-token'),
    slackWith,
    send,
    get,
    effects: async (action) =>
      (await get<{ effects: Effect[] }>(action === undefined ? 'effects' : `effects?action=${action}`)).effects,
    requests: () => get('requests'),
    resources: () => get('resources'),
    addStack: async (plan) => {
      const { status, body } = await send('POST', 'stacks', plan);
      if (status !== 201) throw new Error(JSON.stringify(body));
      return body as AddedStack;
    },
    instance: (id) => get(`instances/${id}`),
    clock,
    async stop() {
      ec2.destroy();
      route53.destroy();
      opsWorks.destroy();
      await sandbox.stop();
    },
  };
}

/** The `name` and `message` of what a call throws: the error code and words of the service. */
export async function refusalOf(call: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return { code: error.name, message: error.message };
    throw error;
  }
  throw new Error('The call was not refused');
}
