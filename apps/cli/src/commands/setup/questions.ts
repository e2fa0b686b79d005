import { isSameServer, isServerUrl, isToken, type Setting, type Settings } from '../../config/settings.js';
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

/**
 * Asks for what the line does not say; where nobody can be asked, takes what is set. `former` is what was chosen before, and
 * is to be corrected. @throws Failure (usage)
 */
export async function chooseSettings(context: Context, given: SetupOptions, former?: Chosen): Promise<Chosen> {
  const url = await chooseUrl(context, given, former);
  const token = await chooseToken(context, given, url, former);
  if (given.account === undefined) {
    if (given.accountTokenFile !== undefined) throw usageFailure('--account-token-file needs --account.');
    return { url, token };
  }
  const account = { value: given.account, source: '--account' };
  return { url, token, account, accountToken: await chooseAccountToken(context, given, url, former) };
}

/** Something of it can be typed anew. */
export function isTyped({ url, token, accountToken }: Chosen): boolean {
  return [url, token, accountToken].some((setting) => setting?.source === TYPED);
}

async function chooseUrl({ settings, prompts }: Context, given: SetupOptions, former?: Chosen): Promise<Setting> {
  const url = former?.url ?? settings.url;
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

async function chooseToken(context: Context, given: SetupOptions, url: Setting, former?: Chosen): Promise<Setting> {
  const { settings, prompts } = context;
  const isGiven = given.tokenFile !== undefined;
  const standing = former?.token ?? (isGiven ? settings.token : keptFor(url, settings, settings.token));
  if (standing !== undefined && (isGiven || !prompts.isInteractive)) return standing;
  if (!prompts.isInteractive) {
    throw usageFailure(
      `Nobody can be asked here, and no token for ${url.value} is set.`,
      'Give --token-file: a file that holds the token, or - for standard input.',
    );
  }
  return askSecret(context, 'Token', standing);
}

/** A secret that is set, unless it is another server's: it was set for the URL that stood there. */
function keptFor(url: Setting, { url: former }: Settings, secret: Setting | undefined): Setting | undefined {
  return isSameServer(former, url) ? secret : undefined;
}

async function chooseAccountToken(
  context: Context,
  given: SetupOptions,
  url: Setting,
  former?: Chosen,
): Promise<Setting> {
  const { settings, prompts } = context;
  const { accountToken } = settings;
  const standing = given.accountTokenFile === undefined ? keptFor(url, settings, accountToken) : accountToken;
  if (standing !== undefined) return standing;
  if (!prompts.isInteractive)
    throw usageFailure(`No token of the account ${given.account} is given.`, 'Give --account-token-file.');
  return askSecret(context, `Token of the CouchDB account ${given.account}`, former?.accountToken);
}

/** Enter keeps what stands. */
async function askSecret({ prompts }: Context, what: string, standing: Setting | undefined): Promise<Setting> {
  const kept = standing?.source === TYPED ? TYPED : `that of ${standing?.source}`;
  const hint = standing === undefined ? 'it is not shown' : `not shown; Enter keeps ${kept}`;
  const value = (await prompts.secret(`${what} (${hint}):`, checkSecret(standing !== undefined))).trim();
  return value === '' && standing !== undefined ? standing : { value, source: TYPED };
}

function checkSecret(mayBeEmpty: boolean): (text: string) => true | string {
  return (text) => {
    const value = text.trim();
    if (value === '') return mayBeEmpty || 'It is needed';
    return isToken(value) || 'It must be one word of printable ASCII';
  };
}
