import { path, type Api } from '../../api/api.js';
import { adviseOnCode } from '../../api/api-failure.js';
import { defineCommand, type Command } from '../../command.js';
import { PROGRAM, type Context } from '../../context.js';
import { usageFailure } from '../../failures.js';
import type { Colors, Column } from '../../output/printer.js';
import { shellWord } from '../../output/shell-words.js';
import { ago } from '../../output/time.js';
import { noteWarning } from '../../api/server-warning.js';
import { lookAfterLoss } from '../../api/lost-answer.js';
import { loadPages, noteMore, PAGE_OPTIONS, type Page, type PageOptions } from '../../api/pages.js';

const STATUSES = ['starting', 'running', 'failed', 'shutting_down', 'stopped'] as const;

interface Update {
  readonly service: string;
  readonly application_id: string;
  readonly deployment_id: string;
  readonly status: (typeof STATUSES)[number];
  readonly detail?: unknown;
  readonly cluster_id?: string;
  readonly timestamp: string;
  readonly id: string;
}

interface TargetError {
  readonly code: string;
  readonly message: string;
}

interface ServiceStatus extends Update {
  readonly forwarding: {
    readonly state: 'waiting' | 'delivered' | 'failed' | 'none';
    readonly waiting: number;
    readonly last_error?: TargetError;
    readonly tries?: number;
    readonly next_try_at?: string;
    readonly given_up?: Update & { readonly at: string; readonly error: TargetError };
  };
}

interface StatusPage extends Page {
  readonly statuses: readonly ServiceStatus[];
}

async function servicesWithStatus(api: Api): Promise<readonly string[]> {
  return (await api.get<StatusPage>('/status', { limit: 100 })).statuses.map(({ service }) => service);
}

function coloredStatus(status: Update['status'], { green, yellow, red, dim }: Colors): string {
  const colorOf: Partial<Record<string, Colors['red']>> = {
    starting: yellow,
    running: green,
    failed: red,
    shutting_down: yellow,
    stopped: dim,
  };
  // A newer server may know more of them.
  return (colorOf[status] ?? String)(status);
}

function statusColumns({ print: { colors } }: Context, now: number): readonly Column<ServiceStatus>[] {
  return [
    { title: 'SERVICE', of: ({ service }) => service },
    { title: 'STATUS', of: ({ status }) => coloredStatus(status, colors) },
    { title: 'APPLICATION', of: ({ application_id }) => application_id },
    { title: 'DEPLOYMENT', of: ({ deployment_id }) => deployment_id },
    { title: 'WHEN', of: ({ timestamp }) => ago(timestamp, now) },
    { title: 'FORWARDED', of: ({ forwarding }) => forwardedIn(forwarding, false) },
  ];
}

const FORWARDED = { delivered: 'yes', failed: 'no: given up', none: 'no: the server has no target' } as const;

function forwardedIn({ state, waiting, last_error }: ServiceStatus['forwarding'], isFull: boolean): string {
  const words = state === 'waiting' ? `not yet: ${waiting} wait` : FORWARDED[state];
  return isFull && last_error !== undefined ? `${words}. ${last_error.message} (${last_error.code})` : words;
}

function showStatus({ print }: Context, shown: ServiceStatus, now: number): void {
  const { forwarding, detail, timestamp } = shown;
  const { tries, next_try_at, given_up } = forwarding;
  print.fields([
    ['Service', shown.service],
    ['Status', coloredStatus(shown.status, print.colors)],
    ['Application', shown.application_id],
    ['Deployment', shown.deployment_id],
    ['Cluster', shown.cluster_id],
    ['When', `${timestamp} (${ago(timestamp, now)})`],
    ['Detail', typeof detail === 'string' || detail === undefined ? detail : JSON.stringify(detail)],
    ['Forwarded', forwardedIn(forwarding, true)],
    ['Tries', tries],
    ['Next try', next_try_at],
    ['Given up', given_up && `${given_up.status} of ${given_up.timestamp}: ${given_up.error.message}`],
  ]);
}

const status = defineCommand<{ readonly service?: string }, PageOptions>({
  name: 'status',
  group: 'DNS and status',
  summary: 'List the latest status of each service, or show one',
  description: 'Who was heard of last comes first. One is shown with its detail, and with how it is forwarded.',
  arguments: [{ name: 'service', summary: 'Only this one, in full', isOptional: true, completion: servicesWithStatus }],
  options: PAGE_OPTIONS,
  examples: [
    { line: 'status', does: 'the latest of every service' },
    { line: 'status checkout', does: 'one, with detail and forwarding' },
  ],
  run: async (context, { service }, options) => {
    const { print } = context;
    if (service !== undefined) {
      if (options.limit !== undefined || options.page !== undefined || options.all !== undefined) {
        throw usageFailure('--limit, --page and --all are for the list, without a service.');
      }
      const found = await loadStatus(context, service);
      return print.result(found, () => showStatus(context, found, context.now()));
    }
    const found = await loadPages<StatusPage, ServiceStatus>(
      context,
      '/status',
      options,
      (body) => body.statuses,
      (body, rows) => ({ ...body, statuses: rows }),
    );
    print.result(found, () => {
      print.table(found.statuses, statusColumns(context, context.now()), 'No service has told its status.');
      noteMore(context, found);
    });
  },
});

async function loadStatus({ api }: Context, service: string): Promise<ServiceStatus> {
  const next = `\`${PROGRAM} status\` lists those that are known.`;
  return adviseOnCode(api.get<ServiceStatus>(path`/status/${service}`), 'unknown-service', next);
}

interface Report {
  readonly service: string;
  readonly applicationId: string;
  readonly deploymentId: string;
  readonly status: string;
  readonly detail?: string;
}

const report = defineCommand<Report, { readonly slackChannel?: string }>({
  name: 'status report',
  group: 'DNS and status',
  summary: 'Tell the status of a service',
  description: 'It is recorded, and forwarded to the address that the server’s operator has set.',
  arguments: [
    { name: 'service', summary: 'Whose status it is', completion: servicesWithStatus },
    { name: 'application-id', summary: 'Which application' },
    { name: 'deployment-id', summary: 'Which deployment of it' },
    { name: 'status', summary: STATUSES.join(', '), completion: STATUSES },
    { name: 'detail', summary: 'Text, or a JSON object', isOptional: true },
  ],
  options: [{ flags: '--slack-channel <name>', summary: 'Who is told if it can not be forwarded' }],
  examples: [
    { line: 'status report checkout shop d-2026-11-21 running', does: 'it runs' },
    { line: 'status report checkout shop d-42 failed "no database"', does: 'it has failed, and why' },
    { line: 'status report checkout shop d-42 starting \'{"step":"migrate"}\'', does: 'with a JSON object' },
  ],
  run: async (context, given, { slackChannel }) => {
    const { api, print } = context;
    const { service, applicationId: application_id, deploymentId: deployment_id, detail } = given;
    const status = given.status.replace('-', '_');
    if (!(STATUSES as readonly string[]).includes(status)) {
      throw usageFailure(`The status must be one of ${STATUSES.join(', ')}, not ${given.status}.`);
    }
    const { headers, body } = await lookAfterLoss(
      api.request<Update>({
        method: 'POST',
        path: '/status',
        query: { 'slack-channel': slackChannel },
        body: { service, application_id, deployment_id, status, detail: detail && readDetail(detail) },
        isRepeatable: true,
      }),
      `status ${shellWord(service)}`,
      context.signal,
    );
    print.result(body, () => print.line(`Recorded: ${body.service} is ${coloredStatus(body.status, print.colors)}.`));
    noteWarning(context, headers);
  },
});

/** Text, but for what begins as an object does. */
function readDetail(text: string): unknown {
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw usageFailure(
      'The detail begins as a JSON object does, but is none.',
      'Quote it for the shell: \'{"step":"migrate"}\'',
    );
  }
}

export const statusCommands: readonly Command[] = [status, report];
