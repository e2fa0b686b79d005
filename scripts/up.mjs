// What bin/up runs once everything is installed: build, start, wait until ready, say what to try, stop in good order.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chooseToken, createEnvironments, givenRedisUrl } from './environment.mjs';
import { etcdAnswers, etcdArguments, etcdIsInstalled } from './etcd.mjs';
import { findPort, isPortFree } from './ports.mjs';
import { createPrefixedOutput } from './prefixed-output.mjs';
import { redisAnswers, redisArguments } from './redis.mjs';
import { claim, stopLeftovers } from './single-instance.mjs';
import { createSupervisor } from './supervisor.mjs';
import { welcome } from './welcome.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LOCAL = join(ROOT, '.local');
const APPS = ['sandbox', 'web', 'worker', 'mini-worker'];
/** From the signal on, in this order; the stores last, for the others write to them until they end. 30 s is the promise. */
const STOP_WITHIN_MS = {
  build: 2_000,
  web: 14_000,
  worker: 25_000,
  'mini-worker': 25_000,
  sandbox: 26_500,
  redis: 28_000,
  etcd: 28_000,
};
const READY_WITHIN_MS = 60_000;
/** A second Ctrl-C within this time is the same one, passed on by whoever started us. */
const SAME_SIGNAL_MS = 2_000;

const startedAt = Date.now();
const write = createPrefixedOutput(process.stdout, process.env);
const say = (line) => write('up', line);

class Problem extends Error {
  constructor(message, lines = []) {
    super(message);
    this.lines = lines;
  }
}

async function main() {
  const port = parsePort('PORT', 5000);
  for (const store of ['redis', 'etcd']) mkdirSync(join(LOCAL, store), { recursive: true });
  const marks = Object.fromEntries(APPS.map((name) => [name, `apps/${name}/dist/main.js`]));
  const stores = { redis: 'redis-server', etcd: 'etcd --name' };
  const claimed = claim(join(LOCAL, 'up.json'), 'scripts/up.mjs', { ...marks, ...stores });
  if (claimed.holder) throw new Problem(`bin/up already runs in this checkout (process ${claimed.holder}).`);

  const supervisor = createSupervisor({
    write,
    onChange: claimed.note,
    onGiveUp: (reason, lines) => void finish(new Problem(reason, lines)),
  });
  let finishing;
  const finish = (problem) =>
    (finishing ??= (async () => {
      if (problem && supervisor.isRunning()) say('Stopping, because something went wrong: the reason stands last');
      await supervisor.stop();
      claimed.release();
      if (problem) report(problem);
      process.exit(problem ? 1 : 0);
    })());
  stopOnSignals(supervisor, finish);

  try {
    await start({ port, supervisor, leftovers: claimed.leftovers, isStopping: () => finishing !== undefined });
  } catch (error) {
    await finish(error);
  }
}

async function start({ port, supervisor, leftovers, isStopping }) {
  if (leftovers.length > 0) {
    say(`An earlier bin/up was killed; stopping what it left: ${leftovers.map(({ name }) => name).join(', ')}`);
    await stopLeftovers(leftovers, 10_000);
  }
  if (!(await isPortFree(port))) {
    throw new Problem(`Port ${port} is taken by another program. Choose another one: PORT=${port + 1} bin/up`);
  }
  const givenUrl = givenRedisUrl(process.env);
  const redisPort = givenUrl ? undefined : await findPort(6390);
  const etcdPorts = process.env.ETCD_HOSTS || !etcdIsInstalled() ? undefined : await findEtcdPorts();
  const sandboxPort = await findPort(parsePort('SANDBOX_PORT', 5050));
  const settings = {
    folder: LOCAL,
    port,
    webUrl: `http://127.0.0.1:${port}`,
    sandboxPort,
    sandboxUrl: `http://127.0.0.1:${sandboxPort}`,
    redisUrl: givenUrl ?? `redis://127.0.0.1:${redisPort}`,
    etcdHosts: process.env.ETCD_HOSTS || (etcdPorts && `http://127.0.0.1:${etcdPorts.client}`),
    token: chooseToken(process.env, LOCAL),
  };
  const environments = createEnvironments(process.env, settings);
  const keep = (name, command, args = [], cwd = ROOT) =>
    supervisor.keep({ name, command, args, cwd, env: environments[name], stopWithinMs: STOP_WITHIN_MS[name] });
  const keepApp = (name) => keep(name, process.execPath, [`apps/${name}/dist/main.js`]);
  const until = (name, limitMs, check) => waitUntil({ name, limitMs, check, supervisor, isStopping });

  if (redisPort) keep('redis', 'redis-server', redisArguments(redisPort), join(LOCAL, 'redis'));
  if (etcdPorts) keep('etcd', 'etcd', etcdArguments(etcdPorts), join(LOCAL, 'etcd'));
  if (!settings.etcdHosts) say('No etcd: /etcd/* answers 503, everything else works');
  await build(supervisor, isStopping);
  if (redisPort)
    await until('redis', READY_WITHIN_MS, async () => (await redisAnswers(redisPort)) || 'see .local/redis/redis.log');
  if (etcdPorts)
    await until('etcd', READY_WITHIN_MS, async () => (await etcdAnswers(etcdPorts)) || 'see .local/etcd/etcd.log');
  keepApp('sandbox');
  await until('sandbox', READY_WITHIN_MS, () => answersOk(`${settings.sandboxUrl}/_sandbox/health`));
  keep('web', join(ROOT, 'bin/web'));
  keepApp('worker');
  keepApp('mini-worker');
  await until('web', READY_WITHIN_MS, () => answersOk(`${settings.webUrl}/readyz`));
  if (isStopping()) return;
  keepForCommandLine(settings);
  process.stdout.write(welcome(settings, Date.now() - startedAt));
}

/** What bin/quartermaster takes for its configuration file; it keeps an account in it, too. */
function keepForCommandLine({ webUrl, token }) {
  const file = join(LOCAL, 'cli.json');
  const kept = JSON.stringify({ url: webUrl, token, ...keptAccount(file) });
  rmSync(file, { force: true });
  writeFileSync(file, `${kept}\n`, { mode: 0o600 });
}

/** The account that `accounts create --save` has left in it: of this installation, whatever its port was. */
function keptAccount(file) {
  try {
    const { url, account, account_token } = JSON.parse(readFileSync(file, 'utf8'));
    return new URL(url).hostname === '127.0.0.1' ? { account, account_token } : {};
  } catch {
    return {};
  }
}

async function findEtcdPorts() {
  const client = await findPort(2391);
  return { client, peer: await findPort(client + 1) };
}

async function build(supervisor, isStopping) {
  say('Building…');
  const { how, code } = await supervisor.run({
    name: 'build',
    command: join(ROOT, 'node_modules/.bin/tsc'),
    args: ['-b', ...[...APPS, 'cli'].map((name) => `apps/${name}`)],
    cwd: ROOT,
    stopWithinMs: STOP_WITHIN_MS.build,
  });
  if (code !== 0 && !isStopping()) throw new Problem(`The build failed (${how}).`, supervisor.lastLines('build'));
}

/** Asks again and again; `check` gives true, or what it saw instead. Ends early when everything is being stopped. */
async function waitUntil({ name, limitMs, check, supervisor, isStopping }) {
  const end = Date.now() + limitMs;
  for (let seen; !isStopping();) {
    seen = await check();
    if (seen === true) return;
    if (Date.now() > end) {
      throw new Problem(
        `${name} is not ready after ${limitMs / 1000} s${seen ? ` (${seen})` : ''}.`,
        supervisor.lastLines(name),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function answersOk(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return response.ok || `GET ${url} answers ${response.status}: ${(await response.text()).trim().slice(0, 500)}`;
  } catch (error) {
    return `GET ${url}: ${error.cause?.message ?? error.message}`;
  }
}

function stopOnSignals(supervisor, finish) {
  let first;
  const stop = (signal) => {
    if (first === undefined) {
      first = Date.now();
      say(`${signal}: stopping everything`);
      void finish();
    } else if (Date.now() - first > SAME_SIGNAL_MS) {
      say(`${signal} again: killing everything`);
      supervisor.kill();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  // Nobody reads any more (`bin/up | head`): nothing is gained by going on.
  process.stdout.on('error', () => void finish());
  process.on('uncaughtException', (error) => void finish(error));
  process.on('exit', () => supervisor.kill());
}

function parsePort(name, fallback) {
  const port = Number(process.env[name] || fallback);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Problem(`${name} must be a port, 1 to 65535.`);
}

function report(problem) {
  const lines = problem instanceof Problem ? problem.lines : [problem.stack];
  for (const line of lines) process.stderr.write(`  ${line}\n`);
  process.stderr.write(`${problem.message}\n`);
}

main().catch((error) => {
  report(error);
  process.exitCode = 1;
});
