import { eventually } from '@quartermaster/testing';
import type { Answer, Api } from './api';
import type { Lane, System } from './start-system';

/** A status update as the API answers it, as far as the tests look. */
export interface ShownStatus {
  readonly id: string;
  readonly service: string;
  readonly status: string;
  readonly timestamp: string;
  readonly forwarding?: Forwarding;
  readonly [field: string]: unknown;
}

export interface Forwarding {
  readonly state: 'delivered' | 'waiting' | 'failed' | 'none';
  readonly waiting: number;
  readonly last_error?: { code: string; message: string };
  readonly tries?: number;
  readonly given_up?: { id: string; error: { code: string; message: string } };
}

/** What the sandbox's receiver was handed. */
export interface Delivery {
  readonly seq: number;
  readonly event_id: string;
  readonly headers: Record<string, string>;
  readonly body: { service: string; status: string; [field: string]: unknown };
}

export const STATUS = { application_id: 'a1', deployment_id: 'd1', status: 'running' } as const;

/**
 * Where the sandbox receives, and short pauses: a worker's settings. Answers are waited for as long as they take, and no job
 * is taken over from a worker that is only slow: either would send an update twice.
 */
export function forwardingTo({ sandboxUrl }: System): Record<string, string> {
  return {
    STATUS_FORWARD_URL: `${sandboxUrl}/huxley/status`,
    STATUS_FORWARD_MAX_BACKOFF: '400ms',
    STATUS_FORWARD_TIMEOUT: '1m',
    JOB_LOCK: '30s',
  };
}

export function sendStatus(
  api: Api,
  service: string,
  fields: object = {},
  headers: Record<string, string> = {},
): Promise<Answer<ShownStatus>> {
  return api<ShownStatus>('/status', { body: { service, ...STATUS, ...fields }, headers });
}

export async function postStatus(...sent: Parameters<typeof sendStatus>): Promise<ShownStatus> {
  const answer = await sendStatus(...sent);
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return answer.json();
}

export async function getStatus(api: Api, service: string): Promise<ShownStatus> {
  return (await api<ShownStatus>(`/status/${encodeURIComponent(service)}`)).json();
}

/** Waits until the forwarding of a service has reached a state, `limitMs` at most. */
export function forwardingReaches(api: Api, service: string, state: string, limitMs = 60_000): Promise<ShownStatus> {
  return eventually(async () => {
    const seen = await getStatus(api, service);
    if (seen.forwarding?.state !== state) throw new Error(`${service}: ${JSON.stringify(seen.forwarding)}`);
    return seen;
  }, limitMs);
}

/** Everything that arrived of a service, repetitions too. */
export async function deliveriesOf(sandbox: Api, service: string): Promise<Delivery[]> {
  const { updates } = (await sandbox<{ updates: Delivery[] }>('/_sandbox/status-updates')).json();
  return updates.filter(({ body }) => body.service === service);
}

/** The events of a service as a receiver takes them that knows repetitions by their id. */
export async function eventsOf(sandbox: Api, service: string): Promise<string[]> {
  return [...new Set((await deliveriesOf(sandbox, service)).map(({ event_id }) => event_id))];
}

/** Posts updates of several services at once, those of each one after another; the ids of each in their order. */
export async function postSeries(
  lane: Lane,
  services: readonly string[],
  count: number,
): Promise<Map<string, string[]>> {
  const posted = services.map(async (service): Promise<[string, string[]]> => {
    const ids: string[] = [];
    for (let serial = 0; serial < count; serial += 1) {
      ids.push((await postStatus(lane.api, service, { detail: { serial } })).id);
    }
    return [service, ids];
  });
  return new Map(await Promise.all(posted));
}

export async function clearFaults(sandbox: Api): Promise<void> {
  await sandbox('/_sandbox/faults', { method: 'DELETE' });
}
