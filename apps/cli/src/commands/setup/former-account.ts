import { join } from 'node:path';
import { readAwsuperFile, readConfigFile, type FileSettings } from '../../config/files.js';
import { Failure } from '../../failures.js';

/** A CouchDB account in the configuration file that is not of the server that is set now. */
export interface FormerAccount {
  readonly name?: string;
  /** Its server, where that is known. */
  readonly url?: string;
}

/** The account that must leave the file, as its token would go to `url` from now on; undefined where there is none. */
export function accountOfOther(file: string, home: string, url: string): FormerAccount | undefined {
  const found = readSettings(file);
  // One that can not be read is not known to be this server's.
  if (found === undefined) return {};
  if (found.account === undefined && found.accountToken === undefined) return undefined;
  // A file with an account alone was written for the server that was set elsewhere.
  const former = (found.url ?? readAwsuperFile(join(home, '.awsuper')).url)?.value;
  if (former !== undefined && URL.canParse(former) && new URL(former).origin === new URL(url).origin) return undefined;
  return { name: found.account?.value ?? 'in it', ...(former !== undefined && { url: former }) };
}

function readSettings(file: string): FileSettings | undefined {
  try {
    return readConfigFile(file).config;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
