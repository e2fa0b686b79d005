import { readSteps } from '@quartermaster/jobs';
import type { Api } from './api';
import { slackMessages } from './builds';
import type { Lane } from './start-system';
import { withRedis } from './with-redis';

/** The event ids of the messages about a task, in the order in which Slack got them. */
export async function eventsOfTask(sandbox: Api, id: string): Promise<string[]> {
  const messages = await slackMessages(sandbox);
  return messages.map(({ event_id }) => event_id ?? '').filter((event) => event.includes(id));
}

/** Names of the steps that a task took, in order. */
export function stepsOfTask(lane: Lane, id: string): Promise<string[]> {
  return withRedis(lane, async (redis, keys) => (await readSteps(redis, keys, `task:${id}`)).map(({ name }) => name));
}
