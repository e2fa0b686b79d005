import { adviseOnCode } from '../../api/api-failure.js';
import { path } from '../../api/api.js';
import { adviseAfterLoss } from '../../api/lost-answer.js';
import { defineCommand, YES, type Argument, type Command, type Option } from '../../command.js';
import { checkHasPlace, configPath, readConfigFile, updateConfigFile } from '../../config/files.js';
import { shownAddress } from '../../config/settings.js';
import { PROGRAM, type Context } from '../../context.js';
import { EXIT, usageFailure, type ExitCode } from '../../failures.js';
import { shellWord } from '../../output/shell-words.js';
import { ago } from '../../output/time.js';
import { accountNames, type AccountList } from './account-names.js';

/** What makes an account, or gives it another token, answers: the only time that the token is told. */
interface NewToken {
  readonly username: string;
  readonly token: string;
}

interface TokenOptions {
  readonly accountTokenFile?: string;
  readonly save?: boolean;
}

const USERNAME: Argument = { name: 'username', summary: 'The account’s name', completion: accountNames };
const TOKEN_OPTIONS: readonly Option[] = [
  {
    flags: '--account-token-file <file>',
    summary:
      'A file that holds the token it is to have, - for standard input; the server makes one where it is left out',
    completion: 'files',
  },
  { flags: '--save', summary: 'Keep name and token in the configuration file, for the couchdb commands here' },
];

const list = defineCommand({
  name: 'accounts',
  group: 'CouchDB',
  summary: 'List the accounts that CouchDB clusters belong to',
  description: 'All commands of accounts need an administrator’s token.',
  examples: [{ line: 'accounts', does: 'their names, and how many clusters each has' }],
  run: async (context) => {
    const { api, print } = context;
    const found = await api.get<AccountList>('/accounts');
    print.result(found, () =>
      print.table(
        found.accounts,
        [
          { title: 'ACCOUNT', of: ({ username }) => username },
          { title: 'CLUSTERS', of: ({ clusters }) => clusters, align: 'right' },
          { title: 'MADE', of: ({ created_at }) => ago(created_at, context.now()) },
          { title: 'TOKEN ROTATED', of: ({ rotated_at }) => ago(rotated_at, context.now()) },
        ],
        `There are no accounts. Make one: \`${PROGRAM} accounts create <username>\``,
      ),
    );
  },
});

const create = defineCommand<{ readonly username: string }, TokenOptions>({
  name: 'accounts create',
  group: 'CouchDB',
  summary: 'Make an account for CouchDB clusters, and print its token this once',
  description:
    'Name and token are the login for the account’s clusters, here and in CouchDB itself. The server keeps a hash of the token only.',
  arguments: [{ name: 'username', summary: 'Its name: letters, digits and . _ -' }],
  options: TOKEN_OPTIONS,
  examples: [
    { line: 'accounts create johny2 --save', does: 'an account, for the couchdb commands on this computer, too' },
    { line: 'accounts create ann --account-token-file ann.token', does: 'an account with a token of your own' },
  ],
  run: async (context, { username }, options) => {
    checkSaving(context, options);
    const rotation = `\`${PROGRAM} accounts rotate ${shellWord(username)}\``;
    const request = requestToken(context, '/accounts', username, options);
    const answer = await adviseAfterLoss(
      adviseOnCode(request, 'account-exists', `A new token for it: ${rotation}`),
      `See whether it is there: \`${PROGRAM} accounts\`. If so, ${rotation} gives it a token that you see.`,
      context.signal,
    );
    showToken(context, answer, `Account ${username} is made.`, options);
  },
});

const rotate = defineCommand<{ readonly username: string }, TokenOptions>({
  name: 'accounts rotate',
  group: 'CouchDB',
  summary: 'Give an account a new token, and print it this once',
  description:
    'The former token is wrong at once. Clusters that stand keep the password that they were made with, also in CouchDB.',
  arguments: [USERNAME],
  options: TOKEN_OPTIONS,
  examples: [{ line: 'accounts rotate johny2 --save', does: 'a new token, kept for the couchdb commands here' }],
  run: async (context, { username }, options) => {
    checkSaving(context, options);
    const request = requestToken(context, path`/accounts/${username}/rotate`, undefined, options);
    const answer = await adviseAfterLoss(
      adviseOnCode(request, 'unknown-account', WHO_THERE_IS),
      `The former token may be wrong already. Rotate it again, for a token that you see: \`${PROGRAM} accounts rotate ${shellWord(username)}\``,
      context.signal,
    );
    showToken(context, answer, `Account ${username} has a new token.`, options);
    const { account, accountToken } = context.settings;
    if (options.save !== true && account?.value === username && accountToken?.source === account.source) {
      const where = account.source;
      context.print.note(`${where} still has the former token, which is wrong now; --save keeps the new one there.`);
    }
  },
});

const remove = defineCommand<{ readonly username: string }, { readonly yes?: boolean }>({
  name: 'accounts delete',
  group: 'CouchDB',
  summary: 'Delete an account that has no clusters',
  description: 'On a terminal it asks before.',
  arguments: [USERNAME],
  options: [YES],
  examples: [{ line: 'accounts delete johny2 --yes', does: 'unasked' }],
  run: async (context, { username }, { yes }): Promise<ExitCode | void> => {
    const { api, print, prompts } = context;
    if (prompts.isInteractive && yes !== true && !(await prompts.confirm(`Delete account ${username}?`))) {
      print.note('Nothing was deleted.');
      return EXIT.failed;
    }
    // Sent again, it would be answered that there is no such account.
    const request = { method: 'DELETE', path: path`/accounts/${username}`, isRepeatable: false } as const;
    const first = `Delete them first: \`${PROGRAM} couchdb delete <tag> --account ${shellWord(username)}\``;
    await adviseAfterLoss(
      adviseOnCode(adviseOnCode(api.request(request), 'unknown-account', WHO_THERE_IS), 'account-has-clusters', first),
      `See whether it is gone: \`${PROGRAM} accounts\``,
      context.signal,
    );
    // The API answers 204, without a body.
    print.result({ username, deleted: true }, () => print.line(`Account ${username} is deleted.`));
  },
});

async function requestToken(
  { api, settings }: Context,
  where: string,
  username: string | undefined,
  { accountTokenFile }: TokenOptions,
): Promise<NewToken> {
  // Of the option only: what else is set is the token of the account that is there already.
  const token = accountTokenFile === undefined ? undefined : settings.accountToken?.value;
  const body = { ...(username && { username }), ...(token && { token }) };
  const answer = await api.request<NewToken>({ method: 'POST', path: where, body });
  return answer.body;
}

const WHO_THERE_IS = `See which there are: \`${PROGRAM} accounts\``;

/** Before anything is asked for: a token that can not be kept afterwards is seen once, and maybe by nobody. */
function checkSaving({ env, home, settings }: Context, { save }: TokenOptions): void {
  if (save !== true) return;
  const file = configPath(env, home);
  checkHasPlace(file);
  const { url } = readConfigFile(file).config;
  if (url === undefined || settings.url === undefined) return;
  if (URL.canParse(url.value) && new URL(url.value).origin === new URL(settings.url.value).origin) return;
  throw usageFailure(
    `${file} is for ${shownAddress(url.value)}: an account of ${settings.url.value} can not be kept there.`,
    'Leave out --save, or name another file by QUARTERMASTER_CONFIG.',
  );
}

function showToken(context: Context, answer: NewToken, message: string, options: TokenOptions): void {
  const { print, env, home, settings } = context;
  const { username, token } = answer;
  const isTheirs = options.accountTokenFile !== undefined;
  print.result(answer, () => {
    print.line(message);
    if (!isTheirs) print.fields([['Token', token]]);
  });
  if (!isTheirs && !context.isJson) print.note('It is shown this once; where it is lost, rotate it.');
  if (options.save !== true) return;
  const file = configPath(env, home);
  // A token in a file goes to the server that the file names: one that names none would go to any.
  const url = readConfigFile(file).config.url ?? settings.url;
  updateConfigFile(file, { ...(url && { url: url.value }), account: username, account_token: token });
  print.note(`Name and token are kept in ${file}, for the couchdb commands.`);
  const stronger = [settings.account, settings.accountToken].find((one) => one?.source.startsWith('QUARTERMASTER_'));
  if (stronger !== undefined) print.note(print.colors.yellow(`${stronger.source} is set, and counts before the file.`));
}

/** Those who know `couchdb list` type it. */
const listToo: Command = {
  ...list,
  name: 'accounts list',
  isHidden: true,
  examples: [{ line: 'accounts list', does: 'the same as accounts' }],
};

export const accountCommands: readonly Command[] = [list, listToo, create, rotate, remove];
