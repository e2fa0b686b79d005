import { AppError, describeError, type ErrorKind, type Logger } from '@quartermaster/foundation';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxConfig } from './config.js';
import { answerControl, isControl } from './control.js';
import { createAutoScaling } from './ec2/auto-scaling.js';
import { createCloudInit } from './ec2/cloud-init.js';
import { createEc2Service } from './ec2/ec2-service.js';
import { seedFleet, seedWorld } from './ec2/seed.js';
import { createThrottle } from './ec2/throttle.js';
import { createWorld, type World } from './ec2/world.js';
import { createFaults } from './faults.js';
import { BodyTooLarge, jsonAnswer, readBody, writeAnswer, type Exchange } from './http.js';
import { createKubernetes } from './kubernetes/kubernetes.js';
import { createOpsWorksService } from './opsworks/opsworks-service.js';
import type { StackPlan } from './opsworks/stack-plan.js';
import { addStack, seedStacks } from './opsworks/seed-stacks.js';
import { createRecords } from './records.js';
import { createRoute53 } from './route53/route53.js';
import type { Service } from './service.js';
import { createSlackService } from './slack/slack-service.js';
import { createStatusReceiver } from './status-receiver/status-receiver.js';

export interface Sandbox {
  /** `http://127.0.0.1:<port>`, once `start` has returned. */
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const ACCOUNT_ID = '123456789012';

/** Where an SDK of AWS names the application: `… app/worker …`. */
const APPLICATION = /(?:^| )app\/(\S+)/;

/**
 * One server on loopback that plays every outside service there is, and can be asked what was done to them. `now`: the
 * clock by which what is played goes on.
 */
export function createSandbox(config: SandboxConfig, log: Logger, now: () => number = Date.now): Sandbox {
  const records = createRecords(now);
  const faults = createFaults(config.SANDBOX_SEED);
  const cloudInit = createCloudInit({
    enabled: config.SANDBOX_CLOUD_INIT === 'on',
    delayMs: config.SANDBOX_BOOT_MS + config.SANDBOX_CLOUD_INIT_MS,
    retryMs: config.SANDBOX_CLOUD_INIT_RETRY_MS,
    log,
  });
  const makeWorld = (): World => {
    const world = createWorld({
      accountId: ACCOUNT_ID,
      region: config.SANDBOX_REGION,
      now,
      times: {
        bootMs: config.SANDBOX_BOOT_MS,
        shutdownMs: config.SANDBOX_SHUTDOWN_MS,
        stopMs: config.SANDBOX_STOP_MS,
        checksMs: config.SANDBOX_CHECKS_MS,
        setupMs: config.SANDBOX_SETUP_MS,
        interfaceLingerMs: config.SANDBOX_INTERFACE_LINGER_MS,
        terminatedVisibleMs: config.SANDBOX_TERMINATED_VISIBLE_MS,
      },
    });
    seedWorld(world, config.SANDBOX_SEED, config.SANDBOX_DEFAULT_VPC === 'on');
    if (config.SANDBOX_STACKS === 'on') seedStacks(world, config.SANDBOX_SEED);
    return world;
  };
  let world = makeWorld();
  const autoScaling = createAutoScaling({ world: () => world, records });
  const throttle = config.SANDBOX_THROTTLE === 'on' ? createThrottle(now) : undefined;
  const slack = createSlackService({
    token: config.SANDBOX_SLACK_TOKEN,
    unknownChannels: config.SANDBOX_SLACK_UNKNOWN_CHANNELS,
    records,
    now,
  });

  const route53 = createRoute53({ config, world: () => world, faults, records, now });
  const statusReceiver = createStatusReceiver({ records, now });
  const kubernetes = createKubernetes({ config, records, log, now });
  const credentials = {
    accessKeyId: config.SANDBOX_ACCESS_KEY_ID,
    secretAccessKey: config.SANDBOX_SECRET_ACCESS_KEY,
    region: config.SANDBOX_REGION,
  };
  const account = { world: (): World => world, faults, records, cloudInit, autoScaling };

  // Asked in this order. A further service is one more entry.
  const services: readonly Service[] = [
    // Before Slack, of whose paths `/api/v1` would be one.
    kubernetes.service,
    slack,
    statusReceiver,
    route53.service,
    createOpsWorksService({ ...account, credentials: { ...credentials, service: 'opsworks' } }),
    createEc2Service({
      ...account,
      credentials: { ...credentials, service: 'ec2' },
      instanceLimit: config.SANDBOX_INSTANCE_LIMIT,
      throttle,
    }),
  ];
  const control = {
    records,
    faults,
    messages: () => slack.messages(),
    world: () => world,
    seed: (count: number, tags: Readonly<Record<string, string>>) => seedFleet(world, count, { tags }),
    dns: route53.control,
    kubernetes: kubernetes.control,
    statusUpdates: () => statusReceiver.deliveries(),
    addStack: (plan: StackPlan) => addStack(world, plan),
    reset() {
      cloudInit.stopAll();
      autoScaling.stopAll();
      faults.clear();
      records.clear();
      slack.clear();
      throttle?.clear();
      world = makeWorld();
      route53.reset();
      statusReceiver.clear();
      kubernetes.reset();
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const [path, query] = splitOnce(request.url ?? '/', '?');
    const body = await readBody(request);
    const exchange: Exchange = {
      requestId,
      method: request.method ?? 'GET',
      path,
      query,
      headers: request.headers,
      body,
    };
    if (isControl(exchange)) {
      writeAnswer(response, answerControl(exchange, control), requestId);
      return;
    }
    const service = services.find((candidate) => candidate.accepts(exchange));
    if (service === undefined) {
      writeAnswer(response, jsonAnswer(404, { error: `Nothing is played at ${exchange.method} ${path}` }), requestId);
      return;
    }
    await serve(service, exchange, response);
  }

  async function serve(service: Service, exchange: Exchange, response: ServerResponse): Promise<void> {
    const action = service.actionOf(exchange);
    const strike = (...kinds: Parameters<typeof faults.strike>[0]): ReturnType<typeof faults.strike> =>
      faults.strike(kinds, service.name, action);
    const application = APPLICATION.exec(exchange.headers['user-agent'] ?? '')?.[1];
    const note = (outcome: string): void =>
      records.addRequest(service.name, action, exchange.requestId, outcome, application);

    if (strike('down') !== undefined) {
      note('dropped-before');
      response.destroy();
      return;
    }
    const slow = strike('slow');
    if (slow?.ms !== undefined && slow.after !== true) await sleep(slow.ms);
    const refused = strike('throttle', 'error');
    const answer = refused === undefined ? await service.answer(exchange) : service.refuse(exchange, refused);
    if (slow?.ms !== undefined && slow.after === true) await sleep(slow.ms);
    if (refused === undefined && strike('drop-answer') !== undefined) {
      note('dropped-after');
      response.destroy();
      return;
    }
    note(answer.outcome);
    log.debug('Answered', { service: service.name, action, outcome: answer.outcome, request_id: exchange.requestId });
    writeAnswer(response, answer, exchange.requestId);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => fail(response, error, log));
  });
  // Clients keep connections for a minute; one that ends under their hands would look like a fault nobody asked for.
  server.keepAliveTimeout = 65_000;
  return {
    get url() {
      return `http://127.0.0.1:${portOf(server)}`;
    },
    async start() {
      await kubernetes.start();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(config.SANDBOX_PORT, '127.0.0.1', () => resolve());
      });
    },
    async stop() {
      cloudInit.stopAll();
      autoScaling.stopAll();
      await kubernetes.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        // Nobody is waited for: in a sandbox an answer that gets lost is one more thing to survive.
        server.closeAllConnections();
      });
    },
  };
}

const STATUSES: Readonly<Partial<Record<ErrorKind, number>>> = {
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
};

function fail(response: ServerResponse, error: unknown, log: Logger): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error instanceof AppError) {
    const status = STATUSES[error.kind] ?? 400;
    writeAnswer(response, jsonAnswer(status, { error: error.message, problems: error.problems }), '-');
    return;
  }
  if (error instanceof BodyTooLarge) {
    writeAnswer(response, jsonAnswer(413, { error: 'The body is too large' }), '-');
    return;
  }
  log.error('A request could not be played', { error: describeError(error) });
  writeAnswer(response, jsonAnswer(500, { error: 'The sandbox itself has failed; its log says how' }), '-');
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server is not listening');
  return address.port;
}

function splitOnce(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}
