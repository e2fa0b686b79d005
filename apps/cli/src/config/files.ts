import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { usageFailure } from '../failures.js';
import type { Setting } from './settings.js';

/** What `config.json` holds; all of it optional. */
export interface ConfigFile {
  readonly url?: string;
  readonly token?: string;
  readonly account?: string;
  readonly account_token?: string;
}

type FileSettings = { readonly [Name in 'url' | 'token' | 'account' | 'accountToken']?: Setting };

/** `~/.config/quartermaster/config.json`, or below `XDG_CONFIG_HOME`; `QUARTERMASTER_CONFIG` names another file. */
export function configPath(env: NodeJS.ProcessEnv, home: string): string {
  return (
    env['QUARTERMASTER_CONFIG'] || join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'quartermaster', 'config.json')
  );
}

/** @throws Failure (usage) where it can not be read. */
export function readText(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageFailure(`${option}: ${file} can not be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

function readObject(file: string): Record<string, unknown> | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw usageFailure(`${file} can not be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, without any of the text: it holds a token.
  }
  throw usageFailure(`${file} is no JSON object.`, 'Write it anew: `quartermaster setup`.');
}

export function readConfigFile(file: string): { config: FileSettings; warnings: string[] } {
  const found = readObject(file);
  if (found === undefined) return { config: {}, warnings: [] };
  const setting = (name: keyof ConfigFile): Setting | undefined => {
    const value = found[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value === '') throw usageFailure(`${name} in ${file} must be a text.`);
    return { value, source: file };
  };
  const [url, token, account, accountToken] = [
    setting('url'),
    setting('token'),
    setting('account'),
    setting('account_token'),
  ];
  const isOpen = (statSync(file).mode & 0o077) !== 0;
  return {
    config: {
      ...(url && { url }),
      ...(token && { token }),
      ...(account && { account }),
      ...(accountToken && { accountToken }),
    },
    warnings: isOpen ? [`${file} can be read by others: chmod 600 ${file}`] : [],
  };
}

interface AwsuperServer {
  readonly protocol?: string;
  readonly host?: string;
  readonly port?: number | string;
}

/** AWSuper's own: `{"token","server":{"protocol","host","port"}}`. One that is none of that is left alone. */
export function readAwsuperFile(file: string): Pick<FileSettings, 'url' | 'token'> {
  let found: Record<string, unknown> | undefined;
  try {
    found = readObject(file);
  } catch {
    return {};
  }
  const { token, server } = (found ?? {}) as { token?: unknown; server?: AwsuperServer };
  const { protocol = 'http', host, port } = server ?? {};
  const url = `${protocol}://${host}${port === undefined ? '' : `:${port}`}`;
  return {
    ...(typeof host === 'string' && URL.canParse(url) && { url: { value: url, source: file } }),
    ...(typeof token === 'string' && token !== '' && { token: { value: token, source: file } }),
  };
}

/** Writes the file, for its owner only; never half of it. */
export function writeConfigFile(file: string, config: ConfigFile): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}
