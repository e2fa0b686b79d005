import { commandOf, familyOf, type Command } from './command.js';

/** What was typed, in the words that commander takes; see the comments within for what differs. */
export function readArgv(commands: readonly Command[], argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const typed = argv.map((word, at) => (end >= 0 && at > end ? word : asAwsuper(word)));
  const start = startOfCommand(typed);
  const [before, words] = [typed.slice(0, start), typed.slice(start)];
  // Commander’s own `help` takes one word: `help record set` has two.
  const line = words[0] === 'help' ? [...words.slice(1), '--help'] : words;
  return [...before, ...line.slice(0, knownWords(commands, line))];
}

/** AWSuper's page prints `--s` where it means `-s`. */
function asAwsuper(word: string): string {
  return word.replace(/^--([sli])$/, '-$1');
}

/** Options of the program that take the next word. */
const WITH_VALUE = new Set(['--url', '--token-file']);

/** Behind options of the program: `quartermaster --url X help`. */
function startOfCommand(words: readonly string[]): number {
  let at = 0;
  while (words[at]?.startsWith('-') === true) at += WITH_VALUE.has(words[at] ?? '') ? 2 : 1;
  return at;
}

/** With `--help` commander would show help for a command that there is not: it gets the words to the first that is wrong. */
function knownWords(commands: readonly Command[], [first = '-', second = '-', ...rest]: readonly string[]): number {
  const all = rest.length + 2;
  if (first.startsWith('-') || commandOf(commands, [first]) !== undefined) return all;
  if (familyOf(commands, first).length === 0) return 1;
  return second.startsWith('-') || commandOf(commands, [first, second]) !== undefined ? all : 2;
}
