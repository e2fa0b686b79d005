import { defineCommand, type Command } from '../../command.js';
import type { Context } from '../../context.js';
import type { Column } from '../../output/printer.js';
import { isWatched, WATCH_OPTIONS, type WatchOptions } from '../../watch/follow.js';
import { loadPages, noteMore, PAGE_OPTIONS, type Page, type PageOptions } from '../../api/pages.js';
import { removeRecord } from './record-removal.js';
import { renameRecord, setRecord } from './record-changes.js';
import {
  coloredStatus,
  failIfFailed,
  followRecord,
  hostnames,
  loadRecord,
  showRecord,
  type DnsRecord,
} from './record.js';

interface RecordPage extends Page {
  readonly records: readonly DnsRecord[];
}

function recordColumns({ print: { colors } }: Context): readonly Column<DnsRecord>[] {
  return [
    { title: 'HOST NAME', of: ({ hostname }) => hostname },
    { title: 'TYPE', of: ({ type }) => type },
    { title: 'VALUE', of: ({ ip_address, port }) => (port === undefined ? ip_address : `${ip_address} port ${port}`) },
    { title: 'TTL', of: ({ ttl }) => ttl, align: 'right' },
    { title: 'STATUS', of: ({ status }) => coloredStatus(status, colors) },
  ];
}

const records = defineCommand<object, PageOptions>({
  name: 'records',
  group: 'DNS and status',
  summary: 'List the DNS records that were made here',
  description: 'By host name. What others have put into the zones is never shown.',
  options: PAGE_OPTIONS,
  examples: [
    { line: 'records', does: 'the first fifty' },
    { line: 'records --all --json', does: 'all, for a program' },
  ],
  run: async (context, _given, options) => {
    const found = await loadPages<RecordPage, DnsRecord>(
      context,
      '/records',
      options,
      (body) => body.records,
      (body, rows) => ({ ...body, records: rows }),
    );
    context.print.result(found, () => {
      context.print.table(found.records, recordColumns(context), 'There are no records.');
      noteMore(context, found);
    });
  },
});

const getRecord = defineCommand<{ readonly hostname: string }, WatchOptions>({
  name: 'record get',
  group: 'DNS and status',
  summary: 'Show a DNS record, or watch it until all name servers have it',
  description:
    'PENDING: Route 53 has yet to bring it to its name servers. INSYNC: all of them have it. FAILED: it could not be done; a former value still stands.',
  arguments: [{ name: 'hostname', summary: 'The host name of the record', completion: hostnames }],
  options: WATCH_OPTIONS,
  examples: [
    { line: 'record get api.example.com', does: 'a record, as it is now' },
    { line: 'record get api.example.com --watch', does: 'until it is INSYNC' },
  ],
  run: async (context, { hostname }, options) => {
    if (!isWatched(options)) {
      const record = await loadRecord(context, hostname);
      return context.print.result(record, () => showRecord(context, record));
    }
    const record = await followRecord(context, hostname, options);
    context.print.result(record, () => {});
    failIfFailed(context, record);
  },
});

export const recordCommands: readonly Command[] = [records, getRecord, setRecord, renameRecord, removeRecord];
