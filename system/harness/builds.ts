import { eventually } from '@quartermaster/testing';
import type { Api } from './api';

/** A build as the API answers it, as far as the tests look. */
export interface ShownBuild {
  readonly id: string;
  readonly href: string;
  readonly state: string;
  readonly instance_ids: string[];
  readonly reports: Record<string, string>;
  readonly unreported?: string[];
  readonly error?: { kind: string; code: string; message: string };
  readonly steps?: { name: string; started_at: string; finished_at?: string }[];
  readonly [field: string]: unknown;
}

export interface Effect {
  readonly seq: number;
  readonly time: string;
  readonly service: string;
  readonly action: string;
  readonly [field: string]: unknown;
}

export interface SlackMessage {
  readonly channel: string;
  readonly text: string;
  readonly event_id?: string;
}

export const BUILD = { site: 'org', env: 'staging', instance_type: 'c3.2xlarge', queue: 'docker' } as const;

export async function postBuild(
  api: Api,
  fields: object = {},
  headers: Record<string, string> = {},
): Promise<ShownBuild> {
  const body = { instance_builds: { ...BUILD, ...fields } };
  const answer = await api<{ instance_builds: [ShownBuild] }>('/instance-builds', { body, headers });
  if (answer.status !== 202 && answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.json().instance_builds[0];
}

export async function getBuild(api: Api, id: string): Promise<ShownBuild> {
  return (await api<{ instance_builds: [ShownBuild] }>(`/instance-builds/${id}`)).json().instance_builds[0];
}

/** Waits until a build has reached a state, `limitMs` at most. */
export function buildReaches(api: Api, id: string, state: string, limitMs = 60_000): Promise<ShownBuild> {
  return eventually(async () => {
    const build = await getBuild(api, id);
    if (build.state !== state)
      throw new Error(`Build ${id} is ${build.state}, not ${state}: ${JSON.stringify(build.error)}`);
    return build;
  }, limitMs);
}

export async function effectsOf(sandbox: Api, action?: string): Promise<Effect[]> {
  const query = action === undefined ? '' : `?action=${action}`;
  return (await sandbox<{ effects: Effect[] }>(`/_sandbox/effects${query}`)).json().effects;
}

export async function slackMessages(sandbox: Api): Promise<SlackMessage[]> {
  return (await sandbox<{ messages: SlackMessage[] }>('/_sandbox/slack')).json().messages;
}

export async function setFault(sandbox: Api, fault: object): Promise<void> {
  const answer = await sandbox('/_sandbox/faults', { body: fault, headers: { 'content-type': 'application/json' } });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
}
