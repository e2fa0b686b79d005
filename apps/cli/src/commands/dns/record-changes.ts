import { path, type ApiAnswer } from '../../api/api.js';
import { defineCommand, type Option } from '../../command.js';
import { PROGRAM, type Context } from '../../context.js';
import { usageFailure, type ExitCode } from '../../failures.js';
import { isWatched, WATCH_OPTIONS, type WatchOptions } from '../../watch/follow.js';
import { noteWarning } from '../../api/server-warning.js';
import { lookAfterLoss } from '../../api/lost-answer.js';
import { shellWord } from '../../output/shell-words.js';
import { wholeNumber } from '../../whole-number.js';
import {
  failIfChanged,
  failIfFailed,
  followRecord,
  hostnames,
  loadRecord,
  RECORD_TYPES,
  showRecord,
  type DnsRecord,
} from './record.js';

interface ChangeOptions extends WatchOptions {
  readonly force?: boolean;
  readonly slackChannel?: string;
}

interface SetOptions extends ChangeOptions {
  readonly type?: string;
  readonly ttl?: number;
  readonly port?: number;
  readonly zone?: string;
}

/** Seconds; the most that DNS has room for (RFC 2181, 8). */
const LONGEST_TTL = 2_147_483_647;
const HIGHEST_PORT = 65_535;

export const FORCE: Option = {
  flags: '--force',
  summary: 'Also over what somebody else has made or changed (admins only)',
};
export const SLACK_CHANNEL: Option = {
  flags: '--slack-channel <name>',
  summary: 'Where a failure is told, instead of the server’s own channel',
};

function parseType(text: string): string {
  const type = text.toUpperCase();
  if ((RECORD_TYPES as readonly string[]).includes(type)) return type;
  throw new Error(`must be ${RECORD_TYPES.slice(0, -1).join(', ')} or ${RECORD_TYPES.at(-1)}`);
}

export const setRecord = defineCommand<{ readonly hostname: string; readonly value: string }, SetOptions>({
  name: 'record set',
  group: 'DNS and status',
  summary: 'Make a DNS record, or change it',
  description:
    'There is one record for each host name; another type takes the place of the former one, and what is not given (--ttl) gets its default again. It ends when Route 53 has accepted it, with --wait when all name servers have it. A value that begins with - stands behind --, after all options.',
  arguments: [
    { name: 'hostname', summary: 'Its host name; * may be the whole first label', completion: hostnames },
    { name: 'value', summary: 'By the type: an IPv4 address (A), IPv6 (AAAA), a host name (CNAME, SRV), text (TXT)' },
  ],
  options: [
    {
      flags: '--type <type>',
      summary: `${RECORD_TYPES.join(', ')}; A unless told otherwise, SRV in a private zone with --port`,
      parse: parseType,
      completion: RECORD_TYPES,
    },
    {
      flags: '--ttl <seconds>',
      summary: 'How long resolvers may keep it, 60 unless told otherwise',
      parse: (text) => wholeNumber(text, LONGEST_TTL, 0),
    },
    {
      flags: '--port <number>',
      summary: 'The port of an SRV record',
      parse: (text) => wholeNumber(text, HIGHEST_PORT),
    },
    {
      flags: '--zone <zone>',
      summary: 'A hosted zone by name or id, instead of the longest that the host name ends in',
    },
    SLACK_CHANNEL,
    FORCE,
    ...WATCH_OPTIONS,
  ],
  examples: [
    { line: 'record set api.example.com 10.1.2.3', does: 'an A record' },
    { line: 'record set api.example.com 10.1.2.3 --ttl 300 --wait', does: 'the same, until all name servers have it' },
    { line: 'record set www.example.com api.example.com --type CNAME', does: 'another name for it' },
    { line: 'record set _db._tcp.example.com db1.example.com --type SRV --port 5432', does: 'a service and its port' },
    { line: 'record set key.example.com --type TXT -- -dash-first', does: 'a text that begins as an option does' },
  ],
  run: async (context, { hostname, value }, options) => {
    const { type, ttl, port, zone, slackChannel: slack_channel, force } = options;
    const body = { hostname, ip_address: value, type, ttl, port, zone, slack_channel };
    const answer = await lookAfterLoss(
      context.api.request<DnsRecord>({
        method: 'POST',
        path: '/records',
        query: { force },
        body,
        isRepeatable: true,
      }),
      `record get ${shellWord(hostname)}`,
      context.signal,
    );
    return showChange(context, answer, options);
  },
});

export const renameRecord = defineCommand<{ readonly hostname: string; readonly newHostname: string }, ChangeOptions>({
  name: 'record rename',
  group: 'DNS and status',
  summary: 'Rename a DNS record',
  description:
    'At no moment are both names there, or neither. Both must be in one zone. Where it fails, the old name stays.',
  arguments: [
    { name: 'hostname', summary: 'Its host name now', completion: hostnames },
    { name: 'new-hostname', summary: 'Its host name from then on' },
  ],
  options: [SLACK_CHANNEL, FORCE, ...WATCH_OPTIONS],
  examples: [
    { line: 'record rename api.example.com v1.example.com --wait', does: 'rename it, and wait until it is there' },
  ],
  run: async (context, { hostname, newHostname }, options) => {
    if (hostname === newHostname) throw usageFailure(`${hostname} is its name already.`);
    const { type, ip_address, port, ttl } = await loadRecord(context, hostname);
    const { force, slackChannel: slack_channel } = options;
    const answer = await lookAfterLoss(
      context.api.request<DnsRecord>({
        method: 'PUT',
        path: path`/record/${hostname}`,
        query: { force },
        body: { hostname: newHostname, type, ip_address, port, ttl, slack_channel },
        // The second time the old name may be gone: a 404 for what was done.
        isRepeatable: false,
      }),
      `record get ${shellWord(newHostname)}`,
      context.signal,
    );
    return showChange(context, answer, options);
  },
});

/** Shows what has become of a change, and follows it where that was asked for. */
async function showChange(
  context: Context,
  { status, headers, body: record }: ApiAnswer<DnsRecord>,
  options: WatchOptions,
): Promise<ExitCode | void> {
  const { print, isJson } = context;
  noteWarning(context, headers);
  if (isWatched(options)) {
    const end = record.status === 'INSYNC' ? record : await followRecord(context, record.hostname, options, record);
    print.result(end, () => showRecord(context, end));
    failIfChanged(end, record);
    return failIfFailed(context, end);
  }
  print.result(record, () => showRecord(context, record));
  failIfFailed(context, record);
  if (record.status !== 'PENDING' || isJson) return undefined;
  const how =
    status === 202 ? 'Route 53 has not accepted it yet; that goes on.' : 'Route 53 brings it to its name servers.';
  print.note(`${how} Watch it: \`${PROGRAM} record get ${shellWord(record.hostname)} --watch\``);
}
