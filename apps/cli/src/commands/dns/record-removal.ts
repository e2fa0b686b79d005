import { path, type ApiAnswer } from '../../api/api.js';
import { ApiFailure } from '../../api/api-failure.js';
import { defineCommand } from '../../command.js';
import { EXIT } from '../../failures.js';
import { PROGRAM, type Context } from '../../context.js';
import { noteWarning } from '../../api/server-warning.js';
import { lookAfterLoss } from '../../api/lost-answer.js';
import { FORCE, SLACK_CHANNEL } from './record-changes.js';
import { hostnames, loadRecord, type DnsRecord } from './record.js';

interface RemovalOptions {
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly slackChannel?: string;
}

export const removeRecord = defineCommand<{ readonly hostname: string }, RemovalOptions>({
  name: 'record rm',
  group: 'DNS and status',
  summary: 'Delete a DNS record',
  description: 'On a terminal it asks before. Somebody else’s value in its place stays, but with --force.',
  arguments: [{ name: 'hostname', summary: 'The host name of the record', completion: hostnames }],
  options: [{ flags: '-y, --yes', summary: 'Do not ask' }, SLACK_CHANNEL, FORCE],
  examples: [
    { line: 'record rm api.example.com', does: 'delete it, after a question' },
    { line: 'record rm api.example.com --yes', does: 'without the question' },
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
    print.result(answer?.body ?? record, () => print.line(`Deleted: ${what}`));
    if (answer === undefined) return undefined;
    noteWarning(context, answer.headers);
    if (answer.status === 202 && !context.isJson) {
      print.note(
        `Route 53 has not accepted that yet; it goes on. \`${PROGRAM} record get ${hostname}\` answers 404 when it has.`,
      );
    }
    return undefined;
  },
});

/** Undefined where it is gone meanwhile: an earlier try whose answer was lost has done it, or somebody else. */
async function removeOnce(
  context: Context,
  { hostname }: DnsRecord,
  { force, slackChannel }: RemovalOptions,
): Promise<ApiAnswer<DnsRecord> | undefined> {
  const removal = context.api.request<DnsRecord>({
    method: 'DELETE',
    path: path`/record/${hostname}`,
    query: { force, 'slack-channel': slackChannel },
  });
  try {
    return await lookAfterLoss(removal, `record get ${hostname}`, context.signal);
  } catch (error) {
    if (error instanceof ApiFailure && error.code === 'unknown-record') return undefined;
    throw error;
  }
}
