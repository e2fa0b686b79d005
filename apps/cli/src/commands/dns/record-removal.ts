import { path, type ApiAnswer } from '../../api/api.js';
import { ApiFailure } from '../../api/api-failure.js';
import { defineCommand, YES } from '../../command.js';
import { EXIT, Failure } from '../../failures.js';
import { PROGRAM, type Context } from '../../context.js';
import { shellWord } from '../../output/shell-words.js';
import { follow, isWatched, WATCH_OPTIONS, type WatchOptions } from '../../watch/follow.js';
import { noteWarning } from '../../api/server-warning.js';
import { lookAfterLoss } from '../../api/lost-answer.js';
import { FORCE, SLACK_CHANNEL } from './record-changes.js';
import { hostnames, loadRecord, type DnsRecord } from './record.js';

interface RemovalOptions extends WatchOptions {
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly slackChannel?: string;
}

export const removeRecord = defineCommand<{ readonly hostname: string }, RemovalOptions>({
  name: 'record rm',
  group: 'DNS and status',
  summary: 'Delete a DNS record',
  description:
    'On a terminal it asks before. Somebody else’s value in its place stays, but with --force. It ends when Route 53 has accepted it, or after 10 s; with --wait it waits for that.',
  arguments: [{ name: 'hostname', summary: 'The host name of the record', completion: hostnames }],
  options: [YES, SLACK_CHANNEL, FORCE, ...WATCH_OPTIONS],
  examples: [
    { line: 'record rm api.example.com', does: 'delete it, after a question' },
    { line: 'record rm api.example.com --yes', does: 'without the question' },
    { line: 'record rm api.example.com --yes --wait', does: 'until it is gone, however long that takes' },
  ],
  run: async (context, { hostname }, options) => {
    const { print, prompts } = context;
    const record = await loadRecord(context, hostname);
    const what = `${record.hostname} ${record.type} ${record.ip_address}`;
    if (options.yes !== true && prompts.isInteractive && !(await prompts.confirm(`Delete ${what}?`))) {
      print.note('Nothing was deleted.');
      return EXIT.failed;
    }
    const answer = await removeOnce(context, record, options);
    if (answer !== undefined) noteWarning(context, answer.headers);
    const isOpen = answer?.status === 202;
    if (isOpen && isWatched(options)) await followRemoval(context, record, options);
    const isDone = !isOpen || isWatched(options);
    print.result(answer?.body ?? record, () => print.line(`${isDone ? 'Deleted' : 'Is being deleted'}: ${what}`));
    if (!isDone && !context.isJson) {
      print.note(
        `Route 53 has not accepted that yet; it goes on. \`${PROGRAM} record get ${shellWord(record.hostname)}\` shows it until then.`,
      );
    }
    return undefined;
  },
});

/** Looks until it is gone. @throws Failure where it could not be deleted, or was set again. */
async function followRemoval(context: Context, removed: DnsRecord, options: WatchOptions): Promise<void> {
  const { hostname, type, ip_address } = removed;
  const { state: left } = await follow<DnsRecord | undefined>(
    context,
    {
      what: `the deletion of record ${hostname}`,
      again: `record get ${shellWord(hostname)}`,
      load: () => unlessGone(context.api.get<DnsRecord>(path`/record/${hostname}`)),
      progressOf: (record) => ({
        done: record === undefined ? 1 : 0,
        total: 1,
        text: `${hostname} ${type} ${ip_address}: ${record === undefined ? 'deleted' : record.status}`,
      }),
      // While it waits it is PENDING: INSYNC is what somebody else has set since.
      endOf: (record) =>
        record === undefined
          ? 'done'
          : ({ PENDING: undefined, INSYNC: 'failed', FAILED: 'failed' } as const)[record.status],
    },
    options,
  );
  if (left === undefined) return;
  if (context.isJson) context.print.json(left);
  throw left.status === 'FAILED' ? notDeleted(left) : setAgain(left);
}

function notDeleted({ hostname, error }: DnsRecord): Failure {
  const why = error === undefined ? 'the reason is not known any more.' : `${error.message} (${error.code})`;
  return new Failure(EXIT.failed, `${hostname} could not be deleted: ${why}`, {
    next: `Delete it again when that is mended: \`${PROGRAM} record rm ${shellWord(hostname)}\``,
  });
}

function setAgain({ hostname, type, ip_address, status }: DnsRecord): Failure {
  return new Failure(EXIT.failed, `${hostname} was set again meanwhile: it is ${type} ${ip_address}, ${status}.`, {
    next: `Look at it before you delete it again: \`${PROGRAM} record get ${shellWord(hostname)}\``,
  });
}

/** Undefined where there is none any more. */
async function unlessGone<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiFailure && error.code === 'unknown-record') return undefined;
    throw error;
  }
}

/** Undefined where it is gone meanwhile: an earlier try whose answer was lost has done it, or somebody else. */
function removeOnce(
  context: Context,
  { hostname }: DnsRecord,
  { force, slackChannel }: RemovalOptions,
): Promise<ApiAnswer<DnsRecord> | undefined> {
  const removal = context.api.request<DnsRecord>({
    method: 'DELETE',
    path: path`/record/${hostname}`,
    query: { force, 'slack-channel': slackChannel },
  });
  return unlessGone(lookAfterLoss(removal, `record get ${shellWord(hostname)}`, context.signal));
}
