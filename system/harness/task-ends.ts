import { createSilentLogger } from '@quartermaster/foundation';
import { readSteps } from '@quartermaster/jobs';
import { connectRedis, createKeys, waitUntilReady } from '@quartermaster/stores';
import { eventually } from '@quartermaster/testing';
import type { Api } from './api';
import { slackMessages } from './builds';
import type { Lane, System } from './start-system';
import { getTask, type ShownTask } from './tasks';

/** Waits until a task has this status and is settled, `limitMs` at most. */
export function taskEnds(api: Api, task: string, id: string, status: string, limitMs = 15_000): Promise<ShownTask> {
  return eventually(async () => {
    const shown = await getTask(api, task, id);
    if (shown.status !== status || !shown.settled) {
      throw new Error(`Not ${status} and settled: ${JSON.stringify(shown)}`);
    }
    return shown;
  }, limitMs);
}

/** The event ids of the messages about a task, in the order in which Slack got them. */
export async function eventsOfTask(sandbox: Api, id: string): Promise<string[]> {
  const messages = await slackMessages(sandbox);
  return messages.map(({ event_id }) => event_id ?? '').filter((event) => event.includes(id));
}

/** Names of the steps that a task took, in order. */
export async function stepsOfTask({ redis: { url } }: System, { prefix }: Lane, id: string): Promise<string[]> {
  const redis = connectRedis(
    { REDIS_URL: url, REDIS_PREFIX: prefix, REDIS_TLS_REJECT_UNAUTHORIZED: true },
    createSilentLogger(),
  );
  await waitUntilReady(redis, 5000);
  try {
    return (await readSteps(redis, createKeys(prefix), `task:${id}`)).map(({ name }) => name);
  } finally {
    redis.disconnect();
  }
}
