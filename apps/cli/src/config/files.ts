import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname, isAbsolute, join } from 'node:path';
import { EXIT, Failure, usageFailure } from '../failures.js';
import type { Setting } from './settings.js';

/** What `config.json` holds; all of it optional. */
export interface ConfigFile {
  readonly url?: string;
  readonly token?: string;
  readonly account?: string;
  readonly account_token?: string;
}

/** Settings of a file, with its path as their source. */
export type FileSettings = { readonly [Name in 'url' | 'token' | 'account' | 'accountToken']?: Setting };

/**
 * `~/.config/quartermaster/config.json`, or below `XDG_CONFIG_HOME`; `QUARTERMASTER_CONFIG` names another file. Empty where
 * the user has no home.
 */
export function configPath(env: NodeJS.ProcessEnv, home: string): string {
  const { QUARTERMASTER_CONFIG: file, XDG_CONFIG_HOME: folder = '' } = env;
  // "If an implementation encounters a relative path … it should consider the path invalid and ignore it":
  // https://specifications.freedesktop.org/basedir-spec/latest/
  if (file) return file;
  if (isAbsolute(folder)) return join(folder, 'quartermaster', 'config.json');
  return home === '' ? '' : join(home, '.config', 'quartermaster', 'config.json');
}

/** @throws Failure (usage) where it can not be read. */
export function readText(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const name = looksSecret(file) ? 'what it names' : file;
    throw usageFailure(`${option}: ${name} can not be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** Somebody has given the token itself: a long word, or a JSON Web Token. */
function looksSecret(file: string): boolean {
  return file.length >= 16 && (file.startsWith('eyJ') || !/[./]/.test(file));
}

function readObject(file: string): Record<string, unknown> | undefined {
  if (file === '') return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    // ENOTDIR: a home that is no folder, as /dev/null is given to services.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
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

/** @throws Failure (usage) where it can not be read or is none of ours; no message has any of its text. */
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
  // Windows has no such modes.
  const isOpen = process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0;
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

/** What AWSuper takes where its file says nothing. */
const AWSUPER_DEFAULTS = { protocol: 'http', host: 'localhost', port: 4242 } as const;

interface AwsuperServer {
  readonly protocol?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
}

/** AWSuper's own: `{"token","server":{"protocol","host","port"}}`. One that is none of that is left alone. */
export function readAwsuperFile(file: string): Pick<FileSettings, 'url' | 'token'> {
  let found: Record<string, unknown> | undefined;
  try {
    found = readObject(file);
  } catch {
    return {};
  }
  if (found?.['token'] === undefined && found?.['server'] === undefined) return {};
  const { token, server } = found as { token?: unknown; server?: AwsuperServer | null };
  const given = { ...AWSUPER_DEFAULTS, ...server };
  const [protocol, host, port] = [given.protocol, given.host, given.port].map(String) as [string, string, string];
  // An IPv6 address stands in brackets in a URL.
  const name = /^[^[].*:/.test(host) ? `[${host}]` : host;
  const url = `${protocol.replace(/:?(\/\/)?$/, '')}://${name}:${port}`;
  return {
    ...(URL.canParse(url) && { url: { value: url, source: file } }),
    ...(typeof token === 'string' && token !== '' && { token: { value: token, source: file } }),
  };
}

/**
 * Changes what is named in the file, takes out what is undefined, and keeps the rest of it; for its owner only, and never half of it. A file that is no
 * JSON object is written anew. @throws Failure where it can not be written.
 */
export function updateConfigFile(
  file: string,
  changes: { readonly [Name in keyof ConfigFile]: string | undefined },
): void {
  checkHasPlace(file);
  try {
    // A link, as of people who keep their settings in a repository, stays one.
    const target = existsSync(file) ? realpathSync(file) : file;
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    // In a folder that others can write to, a name that can be guessed may be a link of theirs.
    const draft = `${target}.${randomUUID()}`;
    try {
      writeFileSync(draft, `${JSON.stringify({ ...readOthers(file), ...changes }, undefined, 2)}\n`, {
        mode: 0o600,
        flag: 'wx',
      });
      chmodSync(draft, 0o600);
      renameSync(draft, target);
    } finally {
      rmSync(draft, { force: true });
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(EXIT.failed, `${file} can not be written (${code}).`, {
      next: NO_FILE_NEEDED,
    });
  }
}

/** Before something is done whose result is to be kept there. @throws Failure where the user has no home. */
export function checkHasPlace(file: string): void {
  if (file !== '') return;
  throw new Failure(EXIT.failed, 'You have no home folder to keep settings in.', { next: NO_FILE_NEEDED });
}

const NO_FILE_NEEDED = 'QUARTERMASTER_CONFIG names another file; QUARTERMASTER_URL and QUARTERMASTER_TOKEN need none.';

function readOthers(file: string): Record<string, unknown> {
  try {
    return readObject(file) ?? {};
  } catch {
    return {};
  }
}
