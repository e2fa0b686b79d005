import { createSilentLogger } from '@quartermaster/foundation';
import { readSteps } from '@quartermaster/jobs';
import { connectRedis, createKeys, waitUntilReady } from '@quartermaster/stores';
import type { Api } from './api';
import { slackMessages } from './builds';
import type { Lane, System } from './start-system';

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
