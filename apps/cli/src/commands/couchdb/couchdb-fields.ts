import { randomInt } from 'node:crypto';
import { usageFailure } from '../../failures.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const DRAWN_TAG = 10;
const MOST_REPLICAS = 10;

/**
 * A tag as the server takes it. It cuts longer ones to 12 characters, and then would mean another cluster than was typed; so
 * they are refused here. @throws Failure (usage)
 */
export function checkTag(text: string): string {
  if (/^[a-z][a-z0-9-]{2,10}[a-z0-9]$/.test(text)) return text;
  const rule = '4 to 12 lower-case letters, digits and dashes, a letter first and no dash last';
  throw usageFailure(`A cluster’s tag is ${rule}, not ${text}.`);
}

/** A tag that nobody has. Drawn here and not by the server, so that it is known even when the answer is lost. */
export function drawTag(): string {
  const draw = (characters: string): string => characters.charAt(randomInt(characters.length));
  return draw(LETTERS) + Array.from({ length: DRAWN_TAG - 1 }, () => draw(LETTERS + DIGITS)).join('');
}

/** @throws Error that says what it must be. */
export function parseReplicas(text: string): number {
  const replicas = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (replicas >= 1 && replicas <= MOST_REPLICAS) return replicas;
  throw new Error(`must be a number of nodes, 1 to ${MOST_REPLICAS}`);
}

/** Names of databases, of comma lists and words. @throws Failure (usage) where there is none. */
export function parseDatabases(words: readonly string[]): string[] {
  const names = words.flatMap((word) => word.split(',')).map((name) => name.trim());
  const databases = [...new Set(names)].filter((name) => name !== '');
  if (databases.length === 0) throw usageFailure('Name the databases that are to be replicated: mydb,special');
  return databases;
}
