import { join } from 'node:path';
import { Failure, usageFailure } from '../failures.js';
import { configPath, readAwsuperFile, readConfigFile, readText, type FileSettings } from './files.js';

/** Where a setting came from, for `doctor` and messages: `--url`, `QUARTERMASTER_URL`, a file's path. */
export interface Setting {
  readonly value: string;
  readonly source: string;
}

export interface Settings {
  readonly url?: Setting;
  readonly token?: Setting;
  readonly account?: Setting;
  readonly accountToken?: Setting;
  /** Of a file's token that is kept back, because the file has it for another server; `url` is for messages. */
  readonly tokenOfOther?: { readonly source: string; readonly url: string };
  /** Sentences: e.g. a configuration file that others can read. */
  readonly warnings: readonly string[];
  /** Files and variables that can not be used; what they would set is left out. */
  readonly problems: readonly Failure[];
}

/** A CouchDB account. */
export interface Account {
  readonly username: string;
  readonly token: string;
}

export interface SettingsSources {
  readonly flags: {
    readonly url?: string;
    /** A path, or `-` for standard input. */
    readonly tokenFile?: string;
    readonly account?: string;
    readonly accountTokenFile?: string;
  };
  readonly env: NodeJS.ProcessEnv;
  /** The user's home; empty where there is none. */
  readonly home: string;
  /** All of standard input. */
  readonly readStdin: () => Promise<string>;
}

const VARIABLES = {
  url: 'QUARTERMASTER_URL',
  token: 'QUARTERMASTER_TOKEN',
  account: 'QUARTERMASTER_ACCOUNT',
  accountToken: 'QUARTERMASTER_ACCOUNT_TOKEN',
} as const;

/**
 * What is set, from the first place that has it: options, environment, the configuration file, AWSuper's `~/.awsuper`.
 * @throws Failure (usage) for an option that can not be used; for the other places that is among the `problems`.
 */
export async function loadSettings({ flags, env, home, readStdin }: SettingsSources): Promise<Settings> {
  const problems: Failure[] = [];
  const { config, warnings } = attempt(() => readConfigFile(configPath(env, home)), problems) ?? {
    config: {},
    warnings: [],
  };
  const awsuper = home === '' ? {} : readAwsuperFile(join(home, '.awsuper'));
  const secrets = await readSecrets(flags, readStdin);
  const variable = (name: keyof typeof VARIABLES): Setting | undefined => {
    const value = env[VARIABLES[name]]?.trim();
    return value ? { value, source: VARIABLES[name] } : undefined;
  };
  const checked = (
    given: Setting | undefined,
    others: Setting | undefined,
    check: (one: Setting) => void,
  ): Setting | undefined => {
    if (given !== undefined) {
      check(given);
      return given;
    }
    return others && attempt(() => (check(others), others), problems);
  };

  const url = checked(flag(flags.url, '--url'), variable('url') ?? config.url ?? awsuper.url, checkUrl);
  const isFor = (file: FileSettings): boolean => isSameServer(file.url, url);
  const ofFiles = [config, awsuper].filter((file) => file.token !== undefined);
  const token = checked(secrets.token, variable('token') ?? ofFiles.find(isFor)?.token, checkToken);
  const other = token === undefined ? ofFiles.find((file) => !isFor(file)) : undefined;
  const account = flag(flags.account, '--account') ?? variable('account') ?? config.account;
  // The file's belongs to the file's account, and goes to the file's server.
  const isFilesAccount = isFor(config) && account?.value === config.account?.value;
  const accountToken = checked(
    secrets.accountToken,
    variable('accountToken') ?? (isFilesAccount ? config.accountToken : undefined),
    checkToken,
  );
  return {
    warnings,
    problems,
    ...(url && { url }),
    ...(token && { token }),
    ...(account && { account }),
    ...(accountToken && { accountToken }),
    ...(other?.token &&
      other.url && { tokenOfOther: { source: other.token.source, url: shownAddress(other.url.value) } }),
  };
}

/** The CouchDB account; undefined where its name or its token is not set. */
export function accountOf({ account, accountToken }: Settings): Account | undefined {
  if (account === undefined || accountToken === undefined) return undefined;
  return { username: account.value, token: accountToken.value };
}

/** That none is set for this server, and where one for another is. */
export function withoutToken(url: Setting, other: Settings['tokenOfOther']): string {
  const kept = other === undefined ? '' : ` The one in ${other.source} is for ${other.url}.`;
  return `No token for ${url.value} is set.${kept}`;
}

function flag(value: string | undefined, source: string): Setting | undefined {
  return value === undefined ? undefined : { value, source };
}

function attempt<Value>(read: () => Value, problems: Failure[]): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    problems.push(error);
    return undefined;
  }
}

async function readSecrets(
  { tokenFile, accountTokenFile }: SettingsSources['flags'],
  readStdin: () => Promise<string>,
): Promise<Pick<Settings, 'token' | 'accountToken'>> {
  if (tokenFile === '-' && accountTokenFile === '-') {
    throw usageFailure('--token-file and --account-token-file can not both read standard input.');
  }
  const secretOf = async (option: string, file: string | undefined): Promise<Setting | undefined> => {
    if (file === undefined) return undefined;
    const source = file === '-' ? 'standard input' : file;
    const value = (file === '-' ? await readStdin() : readText(file, option)).trim();
    if (value === '') throw usageFailure(`${option}: ${source} is empty.`);
    return { value, source };
  };
  const token = await secretOf('--token-file', tokenFile);
  const accountToken = await secretOf('--account-token-file', accountTokenFile);
  return { ...(token && { token }), ...(accountToken && { accountToken }) };
}

/** A token in a file goes to the server that the file names, and to no other that an option or a variable names. */
export function isSameServer(ofFile: Setting | undefined, url: Setting | undefined): boolean {
  if (ofFile === undefined || url === undefined) return true;
  return URL.canParse(ofFile.value) && new URL(ofFile.value).origin === new URL(url.value).origin;
}

function checkUrl({ value, source }: Setting): void {
  if (isServerUrl(value)) return;
  const shown = publicPartOf(value);
  const what =
    shown === undefined ? '' : isServerUrl(shown) ? `: ${shown} has a login, ? or # with it` : `, not ${shown}`;
  throw usageFailure(`${source} must be an address like https://quartermaster.example.com${what}.`);
}

/** The address of a file, for messages: without what may be a secret in it, or in its place. */
export function shownAddress(value: string): string {
  const isHost = /^([a-z0-9-]+\.)+[a-z]{2,}$/.test(value);
  return isHost ? value : (publicPartOf(value) ?? 'another address');
}

/** As much as can not be secret: a login or a token may stand anywhere else in it, or in its place. */
function publicPartOf(value: string): string | undefined {
  if (/^[a-z0-9.-]+:\d{1,5}$/.test(value)) return value;
  if (!/^[a-z]+:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const { protocol, host, pathname } = new URL(value);
  return `${protocol}//${host}${pathname.replace(/\/$/, '')}`;
}

/** An http or https URL without a login in it; a path is where a router has put the server. */
export function isServerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
}

/** A token would go to another machine in the clear. */
export function isUnencrypted(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function checkToken({ value, source }: Setting): void {
  // The value itself is not shown.
  if (!isToken(value)) throw usageFailure(`The token in ${source} must be one word of printable ASCII.`);
}

/** What a header can carry. */
export function isToken(text: string): boolean {
  return /^[\u0021-\u007e]+$/.test(text);
}
