// The processes that are measured: each its own, with its own environment, on loopback.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort } from '@quartermaster/testing';

export const ROOT = join(import.meta.dirname, '..');
export const TOKEN = 'bench-token-0123456789abcdef';
/** Of product and baselines alike. */
const SHARED = { NODE_ENV: 'production', NODE_NO_WARNINGS: '1' };

const running = new Set();

/**
 * Starts a Node program with exactly this environment. Standard output goes to /dev/null, so that nobody spends time on
 * reading a log; errors are kept for the case that it does not start.
 */
export function startNode(program, environment, { args = [], ipc = false, nodeArguments = [] } = {}) {
  // oxlint-disable-next-line node/no-process-env -- only to find programs
  const { PATH = '', HOME = '', BENCH_NODE_ARGUMENTS = '' } = process.env;
  const extra = BENCH_NODE_ARGUMENTS.split(' ').filter((part) => part !== '');
  const child = spawn(process.execPath, [...extra, ...nodeArguments, join(ROOT, program), ...args], {
    cwd: ROOT,
    env: { PATH, HOME, ...SHARED, ...environment },
    stdio: ['ignore', 'ignore', 'pipe', ...(ipc ? ['ipc'] : [])],
  });
  let errors = '';
  child.stderr.on('data', (data) => (errors = (errors + String(data)).slice(-4000)));
  const ended = once(child, 'exit');
  const ready = ipc ? once(child, 'message') : undefined;
  running.add(child);
  void ended.then(() => running.delete(child));
  return {
    child,
    pid: child.pid,
    errors: () => errors,
    /** SIGTERM, and waits for its end. */
    stop: async () => {
      if (lives(child)) child.kill('SIGTERM');
      await ended;
    },
    /** Sends a message over IPC and waits for the answer to it. The program says first that it listens. */
    ask: async (message) => {
      if (ready !== undefined) await Promise.race([ready, ended]);
      const answer = once(child, 'message');
      child.send(message);
      const [reply] = await Promise.race([
        answer,
        ended.then(() => {
          throw new Error(`${program} has ended: ${errors}`);
        }),
      ]);
      if (reply?.error !== undefined) throw new Error(`${program}: ${reply.error}`);
      return reply;
    },
  };
}

/** Starts an HTTP server that takes its port from `PORT`, and waits until `path` answers. */
export async function startServer(program, environment, { path = '/', ...options } = {}) {
  const port = await findFreePort();
  const server = startNode(program, { ...environment, PORT: String(port), HOST: '127.0.0.1' }, options);
  const url = `http://127.0.0.1:${port}`;
  await waitUntil(async () => (await fetch(url + path)).ok, `${program} does not start: ${server.errors()}`);
  return { ...server, url };
}

/** The real `web`, with limits that a load test does not run into. */
export function startWeb(redisUrl, environment = {}) {
  return startServer(
    'apps/web/dist/main.js',
    {
      REDIS_URL: redisUrl,
      AUTH_TOKEN: TOKEN,
      SLACK_CHANNEL: 'general',
      MAX_INSTANCES: '10000000',
      ...environment,
    },
    { path: '/readyz' },
  );
}

export async function waitUntil(check, complaint, limitMs = 20_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    if (await check().catch(() => false)) return;
    if (Date.now() > end) throw new Error(typeof complaint === 'function' ? complaint() : complaint);
    await pause(50);
  }
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resident memory of a process in MB: now, and the most that it has had. */
export function readMemory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024);
  return { now: read('VmRSS'), peak: read('VmHWM') };
}

/** What is left when a section has broken off. */
export async function stopEverything() {
  const left = [...running];
  for (const child of left) child.kill('SIGKILL');
  await Promise.all(left.filter(lives).map((child) => once(child, 'exit')));
}

function lives(child) {
  return child.exitCode === null && child.signalCode === null;
}
