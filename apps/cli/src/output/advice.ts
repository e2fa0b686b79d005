import { commandOf, type Command } from '../command.js';
import { PROGRAM } from '../context.js';
import type { GlobalValues } from '../program.js';
import { shellWord } from './shell-words.js';

const ADVISED = new RegExp(`\`${PROGRAM} ([^\`]+)\``, 'g');
/** They are about other settings than those of this line. */
const WITHOUT = new Set(['setup', 'completion', 'help']);
const REPEATED = [
  ['--url', 'url'],
  ['--token-file', 'tokenFile'],
  ['--account', 'account'],
  ['--account-token-file', 'accountTokenFile'],
] as const;

/**
 * A text whose commands in backticks go to the same server and account as the line that was typed: with its options. A token
 * that came by standard input is gone, so that is not repeated.
 */
export function repeatOptions(text: string, typed: GlobalValues, commands: readonly Command[]): string {
  return text.replace(ADVISED, (whole, line: string) => {
    const words = line.split(' ');
    const [first = '', second = ''] = words;
    if (WITHOUT.has(first) || words.includes('--help')) return whole;
    const command = commandOf(commands, [first, second]) ?? commandOf(commands, [first]);
    const accountOfLine = words[words.indexOf('--account') + 1];
    const isOtherAccount = words.includes('--account') && accountOfLine !== shellWord(typed.account ?? '');
    const more = REPEATED.flatMap(([flag, name]) => {
      const value = typed[name];
      if (value === undefined || value === '-' || words.includes(flag)) return [];
      if (name.startsWith('account') && (isOtherAccount || !takes(command, flag))) return [];
      return [flag, shellWord(value)];
    });
    return `\`${[PROGRAM, ...words, ...more].join(' ')}\``;
  });
}

function takes(command: Command | undefined, flag: string): boolean {
  return (command?.options ?? []).some(({ flags }) => flags.split(/[ ,]+/).includes(flag));
}
