import { path } from '../../api/api.js';
import { adviseAfterLoss } from '../../api/lost-answer.js';
import { defineCommand, type Command } from '../../command.js';
import { PROGRAM } from '../../context.js';
import { usageFailure } from '../../failures.js';
import { register } from './register.js';
import { serviceNames, splitNames, type ServiceNames } from './service-names.js';
import { watchServices } from './services-watch.js';

interface Node {
  readonly ip: string;
  readonly port: number;
}

const services = defineCommand<{ readonly service?: string }>({
  name: 'services',
  group: 'Discovery',
  summary: 'List the services that have nodes, or the nodes of one',
  arguments: [{ name: 'service', summary: 'Its nodes', isOptional: true, completion: serviceNames }],
  examples: [
    { line: 'services', does: 'the services' },
    { line: 'services api', does: 'the nodes of a service' },
    { line: "services api --json | jq -r '.services[].ip'", does: 'their addresses' },
  ],
  run: async ({ api, print }, { service }) => {
    if (service === undefined) {
      const found = await api.get<ServiceNames>('/etcd/services');
      const columns = [{ title: 'SERVICE', of: (name: string) => name }];
      return print.result(found, () => print.table(found.services, columns, 'No service has nodes.'));
    }
    const found = await api.get<{ readonly services: readonly Node[] }>(path`/etcd/services/${service}`);
    const columns = [
      { title: 'IP', of: ({ ip }: Node) => ip },
      { title: 'PORT', of: ({ port }: Node) => port, align: 'right' as const },
    ];
    print.result(found, () => print.table(found.services, columns, `${service} has no nodes.`));
  },
});

interface Leader {
  readonly leader: string;
  readonly member_id: string;
}

const leader = defineCommand({
  name: 'services leader',
  group: 'Discovery',
  summary: 'Show which member of etcd leads',
  examples: [{ line: 'services leader', does: 'its id' }],
  run: async ({ api, print }) => {
    const found = await api.get<Leader>('/etcd/leader');
    print.result(found, () =>
      print.fields([
        ['Leader', found.leader],
        ['Answered by', found.member_id],
      ]),
    );
  },
});

interface EventOptions {
  readonly service?: readonly string[];
  readonly broadcast?: boolean;
}

const sendEvent = defineCommand<{ readonly type: string; readonly body?: string }, EventOptions>({
  name: 'services event',
  group: 'Discovery',
  summary: 'Send an event to everybody who follows a service',
  description: `It goes to those who follow it now, and for 60 s to those who were cut off. \`${PROGRAM} services watch\` shows it.`,
  arguments: [
    { name: 'type', summary: 'What kind of event it is, in your own words' },
    { name: 'body', summary: 'Text, or JSON where it begins with { or [', isOptional: true },
  ],
  options: [
    {
      flags: '-s, --service <names>',
      summary: 'For whom, separated by commas; may be given several times',
      isList: true,
      completion: serviceNames,
    },
    { flags: '--broadcast', summary: 'For everybody, whatever they follow' },
  ],
  examples: [
    { line: 'services event deploy v2 --service api,web', does: 'to those who follow api or web' },
    { line: 'services event drain \'{"zone":"us-east-1a"}\' --broadcast', does: 'JSON, to everybody' },
  ],
  run: async ({ api, print, signal }, { type, body }, { service, broadcast }) => {
    if (service === undefined && broadcast !== true) {
      throw usageFailure('Say for whom it is: --service api,web, or --broadcast for everybody.');
    }
    if (service !== undefined && broadcast === true) throw usageFailure('Give --service or --broadcast, not both.');
    const names = service && splitNames(service, '--service');
    const whom = broadcast === true ? { broadcast } : { services: names };
    const request = api.request<{ readonly id: number }>({
      method: 'POST',
      path: '/etcd/event',
      body: { event_type: type, ...(body !== undefined && { event_body: readBody(body) }), ...whom },
      isRepeatable: true,
    });
    const { body: sent } = await adviseAfterLoss(
      request,
      'Past events are not shown anywhere: send it again where twice does no harm.',
      signal,
    );
    print.result(sent, () => print.line(`Sent to ${names?.join(', ') ?? 'everybody'}, with id ${sent.id}.`));
  },
});

/** Text, but for what begins as an object or a list does. */
function readBody(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw usageFailure(
      'The body begins as JSON does, but is none.',
      'Quote it for the shell: \'{"zone":"us-east-1a"}\'',
    );
  }
}

export const serviceCommands: readonly Command[] = [services, watchServices, sendEvent, leader, register];
