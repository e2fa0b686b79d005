import { commandOf, familyOf, type Command } from './command.js';

/** What was typed, in the words that commander takes; see the comments within for what differs. */
export function readArgv(commands: readonly Command[], argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const typed = argv.map((word, at) => (end >= 0 && at > end ? word : asAwsuper(word)));
  // Commander’s own `help` takes one word: `help record set` has two.
  const words = typed[0] === 'help' ? [...typed.slice(1), '--help'] : typed;
  // With `--help` commander would show the help of the program for a command that there is not.
  const [first = ''] = words;
  return isKnown(commands, first) ? words : [first];
}

/** AWSuper's page prints `--s` where it means `-s`. */
function asAwsuper(word: string): string {
  return word.replace(/^--([sli])$/, '-$1');
}

function isKnown(commands: readonly Command[], first: string): boolean {
  if (first.startsWith('-')) return true;
  return commandOf(commands, [first]) !== undefined || familyOf(commands, first).length > 0;
}
