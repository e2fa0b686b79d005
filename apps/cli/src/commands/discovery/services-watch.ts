import { defineCommand } from '../../command.js';
import { createEventLines } from './event-line.js';
import { holdLink, type HeldLink } from './hold-link.js';
import { serviceNames, splitNames } from './service-names.js';

export const watchServices = defineCommand<{ readonly services: readonly string[] }, { readonly verbose?: boolean }>({
  name: 'services watch',
  group: 'Discovery',
  summary: 'Watch who comes and goes, live',
  description:
    'A line for each event: PUT, a node came or registered anew; DELETE, it left; EXPIRE, it broke off. First who is there now. ' +
    'With --json a line for each message of the server, as it is. Ctrl-C ends it, with exit code 0. A connection that breaks is made again, and what was missed is told.',
  arguments: [
    {
      name: 'services',
      summary: 'Which services, separated by commas or spaces',
      isVariadic: true,
      completion: serviceNames,
    },
  ],
  examples: [
    { line: 'services watch api,database', does: 'two services, until Ctrl-C' },
    { line: "services watch api --json | jq -c '.body.services'", does: 'all nodes after each change' },
  ],
  run: async (context, given, { verbose }) => {
    const { print, isJson } = context;
    const services = splitNames(given.services, 'The argument');
    const lines = createEventLines(services, print.colors);
    const held: HeldLink = {
      path: `/etcd/monitor?monitor=${services.map(encodeURIComponent).join(',')}`,
      open: (client, options) => client.monitor({ ...options, monitor: services }),
      onMessage: (message) => print.line(isJson ? JSON.stringify(message) : lines.lineOf(message, context.now())),
      greeting: `Watching ${services.join(', ')} at ${context.api.url}. Ctrl-C ends it.`,
      meanwhile: 'What is missed is told later.',
    };
    await holdLink(context, held, verbose === true);
  },
});
