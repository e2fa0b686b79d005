import { join } from 'node:path';
import { usageFailure } from '../failures.js';
import { configPath, readAwsuperFile, readConfigFile, readText } from './files.js';

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
  /** Sentences: e.g. a configuration file that others can read. */
  readonly warnings: readonly string[];
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
  /** The user's home. */
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
 * @throws Failure (usage) for a file that can not be read or is none of ours, and for a URL that is none.
 */
export async function loadSettings({ flags, env, home, readStdin }: SettingsSources): Promise<Settings> {
  const { config, warnings } = readConfigFile(configPath(env, home));
  const awsuper = readAwsuperFile(join(home, '.awsuper'));
  const secretOf = async (option: string, file: string | undefined): Promise<Setting | undefined> => {
    if (file === undefined) return undefined;
    const text = file === '-' ? await readStdin() : readText(file, option);
    const value = text.trim();
    if (value === '') throw usageFailure(`${option}: ${file === '-' ? 'standard input' : file} is empty.`);
    return { value, source: file === '-' ? 'standard input' : file };
  };
  const flag = (value: string | undefined, source: string): Setting | undefined =>
    value === undefined ? undefined : { value, source };
  const variable = (name: string): Setting | undefined => (env[name] ? { value: env[name], source: name } : undefined);

  const url = flag(flags.url, '--url') ?? variable(VARIABLES.url) ?? config.url ?? awsuper.url;
  const token =
    (await secretOf('--token-file', flags.tokenFile)) ?? variable(VARIABLES.token) ?? config.token ?? awsuper.token;
  const account = flag(flags.account, '--account') ?? variable(VARIABLES.account) ?? config.account;
  const accountToken =
    (await secretOf('--account-token-file', flags.accountTokenFile)) ??
    variable(VARIABLES.accountToken) ??
    config.accountToken;
  if (url !== undefined) checkUrl(url);
  if (token !== undefined) checkToken(token);
  return {
    warnings,
    ...(url && { url }),
    ...(token && { token }),
    ...(account && { account }),
    ...(accountToken && { accountToken }),
  };
}

function checkUrl({ value, source }: Setting): void {
  if (isServerUrl(value)) return;
  throw usageFailure(`${source} must be an address like https://quartermaster.example.com, not ${value}.`);
}

/** An http or https URL without a login in it; a path is where a router has put the server. */
export function isServerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
}

function checkToken({ value, source }: Setting): void {
  // What no header can carry; the value itself is not shown.
  if (!/^[\u0021-\u007e]+$/.test(value))
    throw usageFailure(`The token in ${source} must be one word of printable ASCII.`);
}
