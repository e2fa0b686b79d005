import { describeError, type Logger } from '@quartermaster/foundation';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudInitRecord, Instance } from './model.js';
import { parseIncludes, type Include } from './user-data.js';

export interface CloudInitOptions {
  readonly enabled: boolean;
  /** From the launch to the first action: boot time and what comes after. */
  readonly delayMs: number;
  /** How long a web process that does not answer is tried again. */
  readonly retryMs: number;
  readonly log: Logger;
}

/** What a booted instance does by itself. */
export interface CloudInit {
  start(instance: Instance): void;
  /** The instance is going away: whatever it was doing ends. */
  stop(instance: Instance): void;
  stopAll(): void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;
const REQUEST_LIMIT_MS = 10_000;

/**
 * Plays cloud-init: fetches the script that the user data includes, keeps it, and reports `finished` as the script would
 * at its end. The script is not run. Unreachable and 5xx (and 429) are tried again, any other 4xx is final.
 */
export function createCloudInit(options: CloudInitOptions): CloudInit {
  const playing = new Map<string, AbortController>();

  return {
    start(instance) {
      if (!options.enabled || instance.silent) {
        instance.cloudInit.outcome = 'silent';
        return;
      }
      const controller = new AbortController();
      playing.set(instance.id, controller);
      void play(instance, controller.signal, options).finally(() => playing.delete(instance.id));
    },
    stop: (instance) => playing.get(instance.id)?.abort(),
    stopAll() {
      for (const controller of playing.values()) controller.abort();
      playing.clear();
    },
  };
}

async function play(instance: Instance, signal: AbortSignal, options: CloudInitOptions): Promise<void> {
  const record = instance.cloudInit;
  try {
    // An instance that waits here must not keep the process alive.
    await sleep(options.delayMs, undefined, { signal, ref: false });
    const includes = parseIncludes(instance.userData ?? Buffer.alloc(0));
    if (includes.length === 0) record.outcome = 'no-include';
    for (const include of includes) await playInclude(instance, include, signal, options);
  } catch (error) {
    record.outcome = signal.aborted ? 'stopped' : 'gave-up';
    if (!signal.aborted) record.lastError = describeError(error);
  }
  const { script: _script, ...shown } = record;
  options.log.info('An instance has played cloud-init', { instance_id: instance.id, ...shown });
}

async function playInclude(
  instance: Instance,
  include: Include,
  signal: AbortSignal,
  options: CloudInitOptions,
): Promise<void> {
  const record = instance.cloudInit;
  record.outcome = 'fetching';
  record.url = include.url.href;
  const script = await request(include.url, include, {}, signal, options, record, 'fetchAttempts');
  if (!script.ok) {
    record.outcome = 'fetch-refused';
    return;
  }
  record.script = script.text;
  if (include.buildId === undefined) {
    record.outcome = 'no-build';
    return;
  }
  record.buildId = include.buildId;
  record.outcome = 'reporting';
  const form = new URLSearchParams({ state: 'finished', 'instance-id': instance.id });
  const url = new URL(`/instance-builds/${include.buildId}`, include.url);
  const init = { method: 'PATCH', body: form };
  const report = await request(url, include, init, signal, options, record, 'reportAttempts');
  record.outcome = report.ok ? 'reported' : 'report-refused';
  if (report.ok) record.reportedAt = new Date().toISOString();
}

interface Reply {
  readonly ok: boolean;
  readonly text: string;
}

/** Asks until there is an answer that settles it. Throws when the time is over or the instance goes away. */
async function request(
  url: URL,
  include: Include,
  init: { readonly method?: string; readonly body?: URLSearchParams },
  signal: AbortSignal,
  options: CloudInitOptions,
  record: CloudInitRecord,
  attempts: 'fetchAttempts' | 'reportAttempts',
): Promise<Reply> {
  const end = Date.now() + options.retryMs;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    record[attempts] += 1;
    try {
      const response = await fetch(url, {
        ...init,
        headers: {
          'user-agent': 'Cloud-Init/sandbox',
          ...(include.authorization === undefined ? {} : { authorization: include.authorization }),
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMIT_MS)]),
      });
      const text = await response.text();
      record.lastStatus = response.status;
      const settled = response.status < 500 && response.status !== 429;
      if (settled) return { ok: response.ok, text };
      record.lastError = `HTTP ${response.status}`;
    } catch (error) {
      if (signal.aborted) throw error;
      record.lastError = describeError(error);
    }
    if (Date.now() + pause > end) throw new Error(record.lastError);
    await sleep(pause, undefined, { signal, ref: false });
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }
}
