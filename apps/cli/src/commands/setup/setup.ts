import { join } from 'node:path';
import { defineCommand, type Command } from '../../command.js';
import { checkHasPlace, configPath, updateConfigFile } from '../../config/files.js';
import { isUnencrypted } from '../../config/settings.js';
import { PROGRAM, type Context } from '../../context.js';
import { EXIT, Failure, type ExitCode } from '../../failures.js';
import { describeFailure } from '../../output/failure-text.js';
import { checkServer, type CheckedServer } from './check-server.js';
import { accountOfOther, type FormerAccount } from './former-account.js';
import { chooseSettings, isTyped, type Chosen, type SetupOptions } from './questions.js';

const UNWRITTEN = 'Nothing was written.';

interface Checked {
  readonly chosen: Chosen;
  /** Missing where the server was not checked, or does not take it and it is to be kept all the same. */
  readonly server?: CheckedServer;
}

/** Asks again for what the server does not take, with what was typed as the default. */
async function chooseChecked(context: Context, given: SetupOptions, former?: Chosen): Promise<Checked> {
  const { prompts, print } = context;
  const chosen = await chooseSettings(context, given, former);
  if (given.force === true) return { chosen };
  const { url, token, account, accountToken } = chosen;
  try {
    const used = account && accountToken && { username: account.value, token: accountToken.value };
    return { chosen, server: await checkServer(context.connect(url.value, token.value), used) };
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) throw error;
    if (!prompts.isInteractive) {
      throw error.advising(`${UNWRITTEN} Correct it, or write it unchecked with --force.`);
    }
    print.note(describeFailure(withoutAdvice(error), print.colors));
    if (await prompts.confirm('Keep these settings all the same?')) return { chosen };
    if (!isTyped(chosen)) throw new Failure(error.exitCode, UNWRITTEN, { next: `Run \`${PROGRAM} setup\` again.` });
    print.note(`${UNWRITTEN} Correct it: Enter keeps what stands, Tab edits it, Ctrl-C ends.`);
  }
  return chooseChecked(context, given, chosen);
}

/** The token of an account goes to the server that it was made on, and to no other. */
function tellOfAccount({ print }: Context, file: string, { name, url }: FormerAccount): void {
  if (name === undefined) return;
  const of = url === undefined ? 'not known to be of this server' : `of ${url}`;
  print.note(
    print.colors.yellow(`The CouchDB account ${name} in ${file} was ${of}: name and token were taken out of the file.`),
  );
  print.note(`Set one of this server: \`${PROGRAM} setup --account <name>\``);
}

/** That advice would be to run `setup`. */
function withoutAdvice({ exitCode, message, details: { lines, request } }: Failure): Failure {
  return new Failure(exitCode, message, { ...(lines && { lines }), ...(request !== undefined && { request }) });
}

function tell({ print, env }: Context, chosen: Chosen, file: string, checked: CheckedServer | undefined): void {
  const { url, token, account } = chosen;
  if (checked === undefined) print.line(`${url.value} was not checked.`);
  else {
    const taken = account === undefined ? 'the token' : 'the token and the account';
    print.line(`Quartermaster ${checked.version} answers at ${url.value} and takes ${taken}.`);
  }
  if (checked?.trouble !== undefined)
    print.note(print.colors.yellow(`It can not work at the moment: ${checked.trouble}`));
  print.line(`Written to ${file}, which only you can read.`);
  if (isUnencrypted(url.value)) {
    print.note(
      print.colors.yellow('http:// to another machine: whoever is on the way can read the token. Use https://.'),
    );
  }
  for (const [variable, written] of [
    ['QUARTERMASTER_URL', url],
    ['QUARTERMASTER_TOKEN', token],
  ] as const) {
    const set = env[variable]?.trim();
    if (set && set !== written.value)
      print.note(print.colors.yellow(`${variable} is set too, and goes before the file.`));
  }
  print.line();
  print.line('Try:');
  for (const line of ['doctor', 'instances']) print.line(`  ${PROGRAM} ${line}`);
}

const setup = defineCommand<object, SetupOptions>({
  name: 'setup',
  group: 'This program',
  summary: 'Set the server and the token, once and for all commands',
  description:
    'Asks for the URL and the token, checks them against the server, and writes them to ~/.config/quartermaster/config.json (XDG_CONFIG_HOME and QUARTERMASTER_CONFIG place it elsewhere), which only its owner can read. What AWSuper has in ~/.awsuper is offered. Where nobody can be asked, --url and --token-file are enough; then nothing is written if the check fails.',
  isLocal: true,
  options: [
    { flags: '--account <name>', summary: 'The CouchDB account of cluster commands' },
    {
      flags: '--account-token-file <file>',
      summary: 'A file that holds the account’s token, - for standard input',
      completion: 'files',
    },
    { flags: '--force', summary: 'Write it without a check' },
  ],
  examples: [
    { line: 'setup', does: 'asks for both' },
    {
      line: 'setup --url https://quartermaster.example.com --token-file /run/secrets/token',
      does: 'in a script: both are given',
    },
    { line: 'setup --account johny2', does: 'sets a CouchDB account too' },
  ],
  run: async (context, _given, options): Promise<ExitCode> => {
    const { settings, print, env, home } = context;
    const file = configPath(env, home);
    checkHasPlace(file);
    const awsuper = join(home, '.awsuper');
    for (const { message } of settings.problems) print.note(print.colors.yellow(message));
    if ([settings.url, settings.token].some((setting) => setting?.source === awsuper)) {
      print.note(`Found AWSuper’s settings in ${awsuper}.`);
    }
    const { chosen, server: checked } = await chooseChecked(context, options);
    const { url, token, account, accountToken } = chosen;
    const former = account === undefined ? accountOfOther(file, home, url.value) : undefined;
    updateConfigFile(file, {
      url: url.value.replace(/\/+$/, ''),
      token: token.value,
      ...(former && { account: undefined, account_token: undefined }),
      ...(account && { account: account.value }),
      ...(accountToken && { account_token: accountToken.value }),
    });
    if (former !== undefined) tellOfAccount(context, file, former);
    const result = { file, url: url.value, checked: checked !== undefined, server_version: checked?.version ?? null };
    print.result(result, () => tell(context, chosen, file, checked));
    return EXIT.done;
  },
});

export const setupCommands: readonly Command[] = [setup];
