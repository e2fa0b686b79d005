import { AppError } from '@quartermaster/foundation';
import { randomInt } from 'node:crypto';

/** What a new cluster's ring carries. */
export const DEFAULT_DATABASES: readonly string[] = ['_users', 'test'];

export const MAX_REPLICAS = 10;
/** Each costs every node a replication that never ends. */
export const MAX_DATABASES = 100;

const MAX_TAG = 12;
const MIN_TAG = 4;
const TAG = /^[a-z][a-z0-9-]*[a-z0-9]$/;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const RANDOM_TAG = 10;

/** CouchDB's rule and its limit (`max_database_name_length`). */
const DATABASE = /^[a-z][a-z0-9_$()+/-]{0,237}$/;
/** CouchDB gives these names a meaning at the end of any path. */
const SYSTEM_DATABASE = /(^|\/)_(users|replicator|global_changes|dbs|nodes|metadata|security)$/;

/**
 * A cluster's tag as it was asked for, cut to 12 characters. `undefined`: there is none, or one of fewer than 4, which
 * counts as none. Throws `invalid` (`invalid-cluster-tag`) where what is left after the cut is not usable in names.
 */
export function parseTag(text: string | undefined): string | undefined {
  if (text === undefined || text.length < MIN_TAG) return undefined;
  const tag = text.slice(0, MAX_TAG);
  if (TAG.test(tag)) return tag;
  const rule = 'lower-case letters, digits and dashes; a letter first, no dash last';
  const seen = text.length > MAX_TAG ? ` (of its first ${MAX_TAG} characters)` : '';
  throw refusal('invalid-cluster-tag', 'cluster_tag', `cluster_tag must be made of ${rule}${seen}`);
}

/** A tag of 10 characters, a letter first, every one as probable as any other. */
export function randomTag(): string {
  const draw = (characters: string): string => characters.charAt(randomInt(characters.length));
  return draw(LETTERS) + Array.from({ length: RANDOM_TAG - 1 }, () => draw(LETTERS + DIGITS)).join('');
}

/**
 * How many replicas are wished: a whole number, however large, is brought to 1…10. `undefined`: there is none, or it can't
 * be read as one (`3.7`, `1e1`, `three`).
 */
export function clampReplicas(text: string | undefined): number | undefined {
  const number = text?.trim() ?? '';
  if (!/^[+-]?\d+$/.test(number)) return undefined;
  return Math.min(Math.max(Number(number), 1), MAX_REPLICAS);
}

/**
 * A comma list of databases, sorted, each once. Throws `invalid` (`invalid-databases`) where there is none, too many, or
 * one that can't be carried: all such are named at once.
 */
export function parseDatabases(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const databases = [...new Set(names)].sort();
  const problems = databases.flatMap((name) => problemOf(name) ?? []);
  if (problems.length > 0) throw refusal('invalid-databases', 'databases', ...problems);
  if (databases.length === 0)
    throw refusal('invalid-databases', 'databases', 'databases must name at least one database');
  if (databases.length <= MAX_DATABASES) return databases;
  throw refusal('invalid-databases', 'databases', `databases must name at most ${MAX_DATABASES} databases`);
}

function problemOf(name: string): string | undefined {
  if (name === '_users') return undefined;
  if (SYSTEM_DATABASE.test(name)) return `databases can't have ${JSON.stringify(name)}: it belongs to its own node`;
  if (DATABASE.test(name)) return undefined;
  const rule = 'lower-case letters, digits and _$()+/-, a letter first, 238 at most';
  return `databases can't have ${JSON.stringify(name.slice(0, 80))}: a name is made of ${rule}`;
}

function refusal(code: string, field: string, ...details: readonly string[]): AppError {
  const problems = details.map((detail) => ({ detail, pointer: `/${field}` }));
  return new AppError('invalid', code, `${details.join('; ')}.`, { problems });
}
