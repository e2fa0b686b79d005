import { isIP } from 'node:net';
import { defineCommand } from '../../command.js';
import { PROGRAM } from '../../context.js';
import { addressOf, createEventLines } from './event-line.js';
import { holdLink, type HeldLink } from './hold-link.js';
import { usageFailure } from '../../failures.js';
import { shellWord } from '../../output/shell-words.js';
import { serviceNames, splitNames } from './service-names.js';

interface NodeArguments {
  readonly service: string;
  readonly ip: string;
  readonly port: string;
}
interface RegisterOptions {
  readonly monitor?: readonly string[];
  readonly verbose?: boolean;
}

const HIGHEST_PORT = 65_535;

export const register = defineCommand<NodeArguments, RegisterOptions>({
  name: 'register',
  group: 'Discovery',
  summary: 'Register a node of a service, for as long as this runs',
  description:
    'Prints what becomes of the service, and of those that are monitored, a line for each event. Ctrl-C takes the node off and ends with 0. ' +
    'A connection that breaks is made again. Where somebody else registers the same service, address and port, it ends with 1.',
  arguments: [
    { name: 'service', summary: 'The service: letters, digits, dot, dash, underscore', completion: serviceNames },
    { name: 'ip', summary: 'Where the node is: IPv4 or IPv6' },
    { name: 'port', summary: '1 to 65535' },
  ],
  options: [
    {
      flags: '-m, --monitor <names>',
      summary: 'Services to follow besides its own, separated by commas',
      isList: true,
      completion: serviceNames,
    },
  ],
  examples: [
    { line: 'register api 10.0.0.7 8080', does: 'a node of api, until Ctrl-C' },
    { line: 'register api 2001:db8::7 8080 --monitor database,cache', does: 'and follow two others' },
  ],
  run: async (context, { service, ip, ...given }, { monitor, verbose }) => {
    const { print, isJson } = context;
    const port = readPort(given.port);
    if (isIP(ip) === 0) throw usageFailure(`The address must be IPv4 or IPv6, like 10.0.0.7, not ${ip}.`);
    const others = monitor === undefined ? [] : splitNames(monitor, '--monitor');
    const lines = createEventLines([service, ...others], print.colors);
    const node = `${service} ${addressOf({ ip, port })}`;
    const query = new URLSearchParams({ service, ip, port: String(port) });
    if (others.length > 0) query.set('monitor', others.join(','));
    const held: HeldLink = {
      path: `/etcd/register?${query.toString()}`,
      open: (client, options) => client.register({ ...options, service, ip, port, monitor: others }),
      onMessage: (message) => print.line(isJson ? JSON.stringify(message) : lines.lineOf(message, context.now())),
      greeting: `Registered ${node} at ${context.api.url} for as long as this runs. Ctrl-C takes it off.`,
      meanwhile: 'Others may take the node for gone.',
      ifReplaced: `Look who is there: \`${PROGRAM} services ${shellWord(service)}\``,
    };
    const wasOpen = await holdLink(context, held, verbose === true);
    print.note(wasOpen ? `${node} is off.` : `${node} is not connected: it is gone when its lease ends.`);
  },
});

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= HIGHEST_PORT) return port;
  throw usageFailure(`The port must be a number, 1 to ${HIGHEST_PORT}, not ${text}.`);
}
