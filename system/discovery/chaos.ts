import { createDiscoveryClient, type Link, type Message } from '@quartermaster/discovery-client';
import { eventually, startTcpProxy, type TcpProxy } from '@quartermaster/testing';
import { Etcd3 } from 'etcd3';
import {
  addressesOf,
  openSocket,
  startDiscoverySystem,
  TOKEN,
  type DiscoverySystem,
  type DiscoveryWeb,
  type OpenSocket,
  type ShownMessage,
} from '../harness/discovery';

/** `restart`: etcd is killed and started again. `cut`: one web of two is cut off. `compact`: cut off, and compacted meanwhile. */
export type Fault = 'restart' | 'cut' | 'compact';
export const FAULTS: readonly Fault[] = ['restart', 'cut', 'compact'];

const SERVICES = ['alpha', 'alpha-2', 'beta', 'gamma', 'delta'] as const;
const REGISTRATIONS = 50;
const LIMIT_MS = 60_000;
const ETCD_TTL = '3s';

export interface RoundReport {
  readonly fault: Fault;
  /** From the end of the fault until every view was etcd's. */
  readonly agreedMs: number;
  readonly messages: number;
  /** Registrars that were told that they are lost, and how long before the others were; negative would be too late. */
  readonly lost: number;
  readonly knewEarlierMs: number | undefined;
  /** How long a web, or this process, stood still meanwhile: who stands still can tell, or be told, nothing in time. */
  readonly stoodStillMs: number;
}

/** A client that registers one node, follows all services, and holds what it was told of them. */
interface Registrar {
  readonly service: string;
  readonly port: number;
  readonly link: Link;
  readonly view: Map<string, string>;
  lostAt: number | undefined;
}

export interface Chaos {
  round(fault: Fault, outageMs: number): Promise<RoundReport>;
  stop(): Promise<void>;
}

/** Two `web` over one etcd, the second through a proxy; 25 registrars and one raw monitor on each. */
export async function startChaos(): Promise<Chaos> {
  const system = await startDiscoverySystem();
  const proxy = await startTcpProxy(system.etcd.port);
  const webs = [
    await system.startWeb({ ETCD_TTL }),
    await system.startWeb({ ETCD_TTL, ETCD_HOSTS: `http://127.0.0.1:${proxy.port}` }),
  ] as const;
  const etcd = new Etcd3({ hosts: system.etcd.url });
  const clients = webs.map(({ url }) => createDiscoveryClient({ url, token: TOKEN }));
  const registrars = Array.from({ length: REGISTRATIONS }, (_, i) => register(clients, i));
  const monitors = await Promise.all(
    webs.map(({ url }) => openSocket(url, `/etcd/monitor?monitor=${SERVICES.join(',')}&since=0`)),
  );
  const world: World = { system, proxy, webs, etcd, clients, registrars, monitors };
  await eventually(() => checkViews(world), LIMIT_MS);
  return {
    round: (fault, outageMs) => runRound(world, fault, outageMs),
    stop: async () => {
      await Promise.all(clients.map((client) => client.close()));
      etcd.close();
      await system.stop();
      await proxy.stop();
    },
  };
}

interface World {
  readonly system: DiscoverySystem;
  readonly proxy: TcpProxy;
  readonly webs: readonly [DiscoveryWeb, DiscoveryWeb];
  readonly etcd: Etcd3;
  readonly clients: readonly ReturnType<typeof createDiscoveryClient>[];
  readonly registrars: Registrar[];
  readonly monitors: readonly OpenSocket[];
}

function register(clients: World['clients'], index: number): Registrar {
  const service = SERVICES[index % SERVICES.length] ?? 'alpha';
  const view = new Map<string, string>();
  const onMessage = ({ namespace, body }: Message): void => {
    if ('services' in body) view.set(namespace, addressesOf(body.services).join());
  };
  const client = clients[index % clients.length];
  if (client === undefined) throw new Error('no client');
  const registrar: Registrar = {
    service,
    port: 1000 + index,
    view,
    lostAt: undefined,
    link: client.register({
      service,
      ip: '10.0.0.1',
      port: 1000 + index,
      monitor: SERVICES.filter((name) => name !== service),
      onMessage,
      onState: (state) =>
        (registrar.lostAt = state === 'waiting' ? (registrar.lostAt ?? performance.now()) : registrar.lostAt),
    }),
  };
  return registrar;
}

async function runRound(world: World, fault: Fault, outageMs: number): Promise<RoundReport> {
  const { system, proxy, webs, etcd, registrars, monitors } = world;
  for (const registrar of registrars) registrar.lostAt = undefined;
  const toldBefore = monitors[0]?.messages.length ?? 0;
  const expired = watchExpiries(monitors[0]);
  const standstill = watchStandstill(webs);
  if (fault === 'restart') await system.etcd.kill();
  else proxy.cut();
  // What happens meanwhile: a node comes and goes, others' events, and what is compacted away.
  const half = outageMs / 2;
  await pause(half);
  if (fault !== 'restart') {
    const passing = await openSocket(webs[0].url, '/etcd/register?service=gamma&ip=10.9.9.9&port=1');
    await emit(webs[0], 'during');
    await passing.close();
    if (fault === 'compact') await compact(etcd);
  }
  await pause(half);
  if (fault === 'restart') await system.etcd.start();
  else proxy.mend();
  const endedAt = performance.now();
  await eventually(() => checkViews(world), LIMIT_MS * 3, 100);
  const agreedMs = Math.round(performance.now() - endedAt);
  await checkAlive(world);
  for (const { messages } of monitors) checkOrder(messages);
  const early = registrars.flatMap(({ service, port, lostAt }) => {
    const seenAt = expired.get(`${service} ${port}`);
    return lostAt === undefined || seenAt === undefined ? [] : [seenAt - lostAt];
  });
  return {
    fault,
    agreedMs,
    messages: (monitors[0]?.messages.length ?? 0) - toldBefore,
    lost: registrars.filter(({ lostAt }) => lostAt !== undefined).length,
    knewEarlierMs: early.length === 0 ? undefined : Math.round(Math.min(...early)),
    stoodStillMs: Math.round(standstill.end()),
  };
}

/** Asks each web all the time; `end` gives the longest that an answer took (ms). */
function watchStandstill(webs: World['webs']): { end(): number } {
  const over = new AbortController();
  let longest = 0;
  const ask = async (web: DiscoveryWeb): Promise<void> => {
    while (!over.signal.aborted && web.process.child.exitCode === null) {
      const askedAt = performance.now();
      await web.api('/healthz').catch(() => undefined);
      longest = Math.max(longest, performance.now() - askedAt);
      await pause(20);
    }
  };
  for (const web of webs) void ask(web);
  return {
    end: () => {
      over.abort();
      return longest;
    },
  };
}

/** When each node was first told to be gone: service and port → `performance.now()`. */
function watchExpiries(monitor: OpenSocket | undefined): Map<string, number> {
  const gone = new Map<string, number>();
  const before = new Map<string, readonly string[]>();
  const note = ({ namespace, body }: ShownMessage): void => {
    if (body.services === undefined) return;
    const now = addressesOf(body.services);
    for (const address of before.get(namespace) ?? []) {
      const name = `${namespace} ${address.split(':')[1]}`;
      if (!now.includes(address) && !gone.has(name)) gone.set(name, performance.now());
    }
    before.set(namespace, now);
  };
  for (const message of monitor?.messages ?? []) note(message);
  gone.clear();
  monitor?.socket.on('message', (data: Buffer) => note(JSON.parse(data.toString()) as ShownMessage));
  return gone;
}

/** Every registrar is registered; every view, and each `web`'s answer, is what etcd has. */
async function checkViews({ etcd, webs, registrars, monitors }: World): Promise<void> {
  const waiting = registrars.filter(({ link }) => link.state() !== 'open');
  if (waiting.length > 0) throw new Error(`${waiting.length} are not registered`);
  const values = await etcd.getAll().prefix('service/').strings();
  for (const service of SERVICES) {
    const held = Object.entries(values).filter(([key]) => key.startsWith(`service/${service}/`));
    const truth = held
      .map(([, value]) => value)
      .sort()
      .join();
    if (held.length !== REGISTRATIONS / SERVICES.length) throw new Error(`${service} has ${held.length} nodes`);
    const views = [
      ...registrars.map(({ view }) => view.get(service)),
      ...monitors.map(({ messages }) => lastOf(messages, service)),
      ...(await Promise.all(webs.map((web) => listed(web, service)))),
    ];
    const wrong = views.filter((view) => view !== truth);
    if (wrong.length > 0) throw new Error(`${wrong.length} views of ${service} differ: ${wrong[0]} is not ${truth}`);
  }
}

function lastOf(messages: readonly ShownMessage[], service: string): string | undefined {
  const last = messages.findLast(({ namespace, body }) => namespace === service && body.services !== undefined);
  return last?.body.services === undefined ? undefined : addressesOf(last.body.services).join();
}

async function listed({ api }: DiscoveryWeb, service: string): Promise<string> {
  const answer = await api<{ services: { ip: string; port: number }[] }>(`/etcd/services/${service}`);
  return addressesOf(answer.json().services).join();
}

/** No `web` has died, and a custom event still reaches everybody, once. */
async function checkAlive({ webs, monitors }: World): Promise<void> {
  for (const { process } of webs) if (process.child.exitCode !== null) throw new Error('A web has died');
  const mark = await emit(webs[1], 'mark');
  await eventually(() => {
    for (const { messages } of monitors) {
      const count = messages.filter(({ body }) => body.event_type === mark).length;
      if (count !== 1) throw new Error(`${mark} came ${count} times`);
    }
  });
}

/** Sends an event to everybody; gives its type. One that etcd was too slow for may have come through all the same. */
function emit(web: DiscoveryWeb, name: string): Promise<string> {
  return eventually(async () => {
    const event_type = `${name}-${performance.now()}`;
    const { status, text } = await web.api('/etcd/event', { body: { event_type, broadcast: true } });
    if (status !== 200) throw new Error(`${status} ${text}`);
    return event_type;
  });
}

/** No message twice, none out of order of revision. Throws with what is wrong. */
function checkOrder(messages: readonly ShownMessage[]): void {
  const seen = new Set<string>();
  let last = 0;
  for (const { id, namespace, body } of messages) {
    const name = `${id} ${namespace} ${body.key_event ?? 'event'}`;
    if (seen.has(name)) throw new Error(`Twice: ${name}`);
    if (id < last) throw new Error(`Out of order: ${name} after ${last}`);
    seen.add(name);
    last = id;
  }
}

/** Everything up to now is forgotten: the revisions that a watch would go on from are gone. */
async function compact(etcd: Etcd3): Promise<void> {
  for (let i = 0; i < 20; i += 1) await etcd.put('unwatched').value(String(i));
  const { header } = await etcd.kv.range({ key: Buffer.from('unwatched') });
  await etcd.kv.compact({ revision: header.revision, physical: true });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
