import { isServerUrl, isToken, type Setting, type Settings } from '../../config/settings.js';
import type { Context } from '../../context.js';
import { usageFailure } from '../../failures.js';

/** What `setup` was given on its line. */
export interface SetupOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly account?: string;
  readonly accountTokenFile?: string;
  readonly force?: boolean;
}

/** What is to be written, each with the place that it came from. */
export interface Chosen {
  readonly url: Setting;
  readonly token: Setting;
  readonly account?: Setting;
  readonly accountToken?: Setting;
}

const TYPED = 'what was typed';

/** Asks for what the line does not say; where nobody can be asked, takes what is set. @throws Failure (usage) */
export async function chooseSettings(context: Context, given: SetupOptions): Promise<Chosen> {
  const url = await chooseUrl(context, given);
  const token = await chooseToken(context, given, url);
  if (given.account === undefined) {
    if (given.accountTokenFile !== undefined) throw usageFailure('--account-token-file needs --account.');
    return { url, token };
  }
  const account = { value: given.account, source: '--account' };
  return { url, token, account, accountToken: await chooseAccountToken(context, given) };
}

async function chooseUrl({ settings, prompts }: Context, given: SetupOptions): Promise<Setting> {
  const { url } = settings;
  if (url !== undefined && (given.url !== undefined || !prompts.isInteractive)) return url;
  if (!prompts.isInteractive) {
    throw usageFailure(
      'Nobody can be asked here, and no server is set.',
      'Give --url and --token-file, like `quartermaster setup --url https://quartermaster.example.com --token-file -`.',
    );
  }
  const value = await prompts.input('URL of the server:', {
    ...(url !== undefined && { default: url.value }),
    check: (text) => isServerUrl(text.trim()) || 'It must be an address like https://quartermaster.example.com',
  });
  return url?.value === value.trim() ? url : { value: value.trim(), source: TYPED };
}

async function chooseToken(context: Context, given: SetupOptions, url: Setting): Promise<Setting> {
  const { settings, prompts } = context;
  const standing = tokenFor(url, settings);
  if (standing !== undefined && (given.tokenFile !== undefined || !prompts.isInteractive)) return standing;
  if (!prompts.isInteractive) {
    throw usageFailure(
      `Nobody can be asked here, and no token for ${url.value} is set.`,
      'Give --token-file: a file that holds the token, or - for standard input.',
    );
  }
  const kept = standing === undefined ? 'it is not shown' : `not shown; Enter keeps that of ${standing.source}`;
  const value = (await prompts.secret(`Token (${kept}):`, checkSecret(standing !== undefined))).trim();
  return value === '' && standing !== undefined ? standing : { value, source: TYPED };
}

/** The token that is set, unless it is another server's: that one was set for the URL that stood there. */
function tokenFor(url: Setting, { url: former, token }: Settings): Setting | undefined {
  const isOther = former !== undefined && new URL(former.value).origin !== new URL(url.value).origin;
  return isOther ? undefined : token;
}

async function chooseAccountToken({ settings, prompts }: Context, given: SetupOptions): Promise<Setting> {
  const { accountToken } = settings;
  if (accountToken !== undefined) return accountToken;
  if (!prompts.isInteractive)
    throw usageFailure(`No token of the account ${given.account} is given.`, 'Give --account-token-file.');
  const value = await prompts.secret(
    `Token of the CouchDB account ${given.account} (it is not shown):`,
    checkSecret(false),
  );
  return { value: value.trim(), source: TYPED };
}

function checkSecret(mayBeEmpty: boolean): (text: string) => true | string {
  return (text) => {
    const value = text.trim();
    if (value === '') return mayBeEmpty || 'It is needed';
    return isToken(value) || 'It must be one word of printable ASCII';
  };
}
