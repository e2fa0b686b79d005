import { AppError } from '@quartermaster/foundation';
import Joi from 'joi';
import {
  showAddedStack,
  showCloudInit,
  showInstance,
  showResources,
  showStacks,
  showTimeline,
} from './control-views.js';
import type { World } from './ec2/world.js';
import { parseFaultRequest, type Faults } from './faults.js';
import { jsonAnswer, type Answer, type Exchange } from './http.js';
import { parseStackPlan, type StackPlan } from './opsworks/stack-plan.js';
import type { AddedStack } from './opsworks/seed-stacks.js';
import type { KubernetesControl } from './kubernetes/objects.js';
import type { Records } from './records.js';
import type { DnsControl } from './route53/dns-control.js';
import type { PostedMessage } from './slack/slack-service.js';
import type { StatusDelivery } from './status-receiver/status-receiver.js';

/** What tests and demonstrations may look at and change. */
export interface Control {
  readonly records: Records;
  readonly faults: Faults;
  messages(): readonly PostedMessage[];
  world(): World;
  /** Adds running instances of the fleet, with these tags besides its own; returns their ids. */
  seed(count: number, tags: Readonly<Record<string, string>>): readonly string[];
  readonly dns: DnsControl;
  readonly kubernetes: KubernetesControl;
  statusUpdates(): readonly StatusDelivery[];
  /** Adds a stack of OpsWorks with its layers and instances. Throws `conflict`. */
  addStack(plan: StackPlan): AddedStack;
  reset(): void;
}

const PREFIX = '/_sandbox/';
/** More would not find addresses in the seeded subnets. */
const MOST_SEEDED = 15_000;

type Handler = (
  control: Control,
  request: { readonly id: string; readonly query: URLSearchParams; readonly exchange: Exchange },
) => Answer;

/** `kill` and what else is done to the process of a pod. */
const signalPod =
  (signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Handler =>
  (control, { id }) => {
    if (control.kubernetes.signal(id, signal)) return jsonAnswer(200, { ok: true });
    throw new AppError('not-found', 'no-such-process', `There is no pod ${id}, or it has no process.`);
  };

/** `METHOD path` → what it does; `:id` stands for one path segment. */
const ROUTES: Readonly<Record<string, Handler>> = {
  'GET health': () => jsonAnswer(200, { ok: true }),
  'GET effects': (control, { query }) =>
    jsonAnswer(200, {
      effects: control.records.effects(readNumber(query, 'since'), query.get('action') ?? undefined),
    }),
  'GET requests': (control) => jsonAnswer(200, control.records.requests()),
  'GET slack': (control) => jsonAnswer(200, { messages: control.messages() }),
  'GET faults': (control) => jsonAnswer(200, { faults: control.faults.list() }),
  'POST faults': (control, { exchange }) => jsonAnswer(201, control.faults.add(parseFaultRequest(readJson(exchange)))),
  'DELETE faults': (control) => {
    control.faults.clear();
    return jsonAnswer(200, { faults: [] });
  },
  'DELETE faults/:id': (control, { id }) => {
    if (!control.faults.remove(id)) throw new AppError('not-found', 'no-such-fault', `There is no fault ${id}.`);
    return jsonAnswer(200, { faults: control.faults.list() });
  },
  'GET instances': (control, { query }) => {
    const world = control.world();
    const detailed = query.get('transitions') === 'true';
    const instances = [...world.instances.values()].map((instance) => ({
      ...showInstance(world, instance),
      ...(detailed ? showTimeline(world, instance) : {}),
    }));
    return jsonAnswer(200, { instances });
  },
  'GET instances/:id': (control, { id }) => {
    const world = control.world();
    const instance = world.instances.get(world.opsWorks.instances.get(id)?.ec2InstanceId ?? id);
    if (instance === undefined) throw new AppError('not-found', 'no-such-instance', `There is no instance ${id}.`);
    const { script } = instance.cloudInit;
    return jsonAnswer(200, {
      ...showInstance(world, instance),
      ...showTimeline(world, instance),
      script: script ?? null,
    });
  },
  'GET reports': (control) =>
    jsonAnswer(200, {
      reports: [...control.world().instances.values()]
        .filter((instance) => instance.userData !== undefined)
        .map((instance) => ({ instance_id: instance.id, ...showCloudInit(instance) })),
    }),
  'GET resources': (control) => jsonAnswer(200, showResources(control.world())),
  'GET stacks': (control) => jsonAnswer(200, { stacks: showStacks(control.world()) }),
  'POST stacks': (control, { exchange }) => {
    const added = control.addStack(parseStackPlan(readJson(exchange)));
    return jsonAnswer(201, showAddedStack(control.world(), added));
  },
  'POST seed': (control, { exchange }) => {
    const { count, tags } = readSeed(exchange);
    try {
      return jsonAnswer(201, { instance_ids: control.seed(count, tags) });
    } catch (error) {
      throw new AppError('conflict', 'no-room', 'The seeded subnets have no addresses left.', { cause: error });
    }
  },
  'GET zones': (control) => jsonAnswer(200, { zones: control.dns.list() }),
  'POST zones': (control, { exchange }) => jsonAnswer(201, control.dns.add(readJson(exchange))),
  'GET zones/:id': (control, { id }) => jsonAnswer(200, control.dns.show(id)),
  'POST zones/:id/edit': (control, { id, exchange }) =>
    jsonAnswer(200, control.dns.edit(id, readJson(exchange), exchange.requestId)),
  'GET kubernetes': (control) => jsonAnswer(200, control.kubernetes.show()),
  'POST kubernetes/pods/:id/kill': signalPod('SIGKILL'),
  'POST kubernetes/pods/:id/freeze': signalPod('SIGSTOP'),
  'POST kubernetes/pods/:id/thaw': signalPod('SIGCONT'),
  'GET status-updates': (control) => jsonAnswer(200, { updates: control.statusUpdates() }),
  'POST reset': (control) => {
    control.reset();
    return jsonAnswer(200, { ok: true });
  },
};

export function isControl(exchange: Exchange): boolean {
  return exchange.path.startsWith(PREFIX);
}

/** Answers a request to the sandbox itself. Throws `AppError`s: `not-found`, `method-not-allowed`, `invalid`. */
export function answerControl(exchange: Exchange, control: Control): Answer {
  const path = exchange.path.slice(PREFIX.length).replace(/\/+$/, '').split('/');
  const routes = Object.keys(ROUTES).filter((route) => isRoute(route, path));
  const route = routes.find((candidate) => candidate.startsWith(`${exchange.method} `)) ?? '';
  const handler = ROUTES[route];
  if (handler !== undefined) {
    const id = path[partsOf(route).indexOf(':id')] ?? '';
    return handler(control, { id, query: new URLSearchParams(exchange.query), exchange });
  }
  if (routes.length > 0) {
    throw new AppError('method-not-allowed', 'method-not-allowed', `${exchange.method} is not for ${exchange.path}.`);
  }
  throw new AppError('not-found', 'no-such-path', `There is no ${exchange.path} here.`);
}

const partsOf = (route: string): string[] => route.slice(route.indexOf(' ') + 1).split('/');

function isRoute(route: string, path: readonly string[]): boolean {
  const parts = partsOf(route);
  return parts.length === path.length && parts.every((part, index) => part === ':id' || part === path[index]);
}

function readJson(exchange: Exchange): unknown {
  try {
    return JSON.parse(exchange.body.toString('utf8')) as unknown;
  } catch {
    throw new AppError('invalid', 'malformed-json', 'The body is not JSON.');
  }
}

const seedSchema = Joi.object<{ instances: number; tags: Record<string, string> }>({
  instances: Joi.number().strict().integer().min(1).max(MOST_SEEDED).required(),
  tags: Joi.object().pattern(Joi.string().max(128), Joi.string().allow('').max(256)).default({}),
}).required();

function readSeed(exchange: Exchange): { count: number; tags: Readonly<Record<string, string>> } {
  const { error, value } = seedSchema.validate(readJson(exchange));
  if (error !== undefined) throw new AppError('invalid', 'invalid-seed', `The seed is not usable: ${error.message}.`);
  return { count: value.instances, tags: value.tags };
}

function readNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new AppError('invalid', 'invalid-query', `${name} must be a whole number.`);
  return Number(text);
}
