import type { Message } from '@quartermaster/discovery-client';
import { printable, type Colors } from '../../output/printer.js';

interface Node {
  readonly ip: string;
  readonly port: number;
}

export interface EventLines {
  /** A message as a line: when, of which service, what has happened, who came and went, and who is there now. */
  lineOf(message: Message, now: number): string;
}

/** `EXPIRE`, the longest of what is in its column. */
const EVENT_WIDTH = 6;

/** Remembers who was there, to tell who came and went. `services` are those that are followed. */
export function createEventLines(services: readonly string[], colors: Colors): EventLines {
  const width = Math.max(...services.map(({ length }) => length));
  const known = new Map<string, readonly string[]>();

  const eventOf = ({ namespace, body }: Message): readonly [event: string, text: string] => {
    if ('event_type' in body) return ['event', plain(`${body.event_type} ${JSON.stringify(body.event_body)}`)];
    const nodes = body.services.map(addressOf).toSorted();
    const former = known.get(namespace);
    known.set(namespace, nodes);
    const now = nodes.length === 0 ? 'nobody' : nodes.join(', ');
    // The first of a service is no change: it says who is there.
    if (former === undefined) return ['now', now];
    const changes = [
      ...nodes.filter((node) => !former.includes(node)).map((node) => colors.green(`+${node}`)),
      ...former.filter((node) => !nodes.includes(node)).map((node) => colors.red(`-${node}`)),
    ];
    return [body.key_event, `${changes.length === 0 ? 'no change' : changes.join(' ')}  now ${now}`];
  };

  return {
    lineOf: (message, now) => {
      const [event, text] = eventOf(message);
      const service = message.namespace === '*' ? 'all' : message.namespace;
      return `${colors.dim(clockOf(now))}  ${plain(service).padEnd(width)}  ${event.padEnd(EVENT_WIDTH)}  ${text}`;
    },
  };
}

/** `10.0.0.7:8080`, `[2001:db8::1]:80`. */
export function addressOf({ ip, port }: Node): string {
  return plain(ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);
}

/** Of a server's text, on one line. */
function plain(text: string): string {
  return printable(text).replaceAll('\n', ' ');
}

/** `16:05:54`, of the place where it is read. */
export function clockOf(now: number): string {
  return new Date(now).toTimeString().slice(0, 8);
}
