import { commandOf, type Command, type Given, type Option } from '../command.js';
import { GLOBAL_OPTIONS } from '../program.js';

/** What stands on the line before the cursor, by the table of commands. */
export interface TypedLine extends Given {
  /** Words of the command: `record`, then `set`. Without a command none of them is one. */
  readonly path: readonly string[];
  readonly command?: Command;
  /** The option whose value comes next. */
  readonly pending?: Option;
  /** After `--` there are arguments only. */
  readonly isPastOptions: boolean;
}

export interface OptionNames {
  /** `-s`; */
  readonly short?: string;
  /** `--stack`. */
  readonly long: string;
  readonly value: 'needed' | 'optional' | 'none';
}

/** Of commander's `-s, --stack <name>`. */
export function namesOf({ flags }: Option): OptionNames {
  const short = /(?:^|[ ,])(-\w)\b/.exec(flags)?.[1];
  const long = /--[\w-]+/.exec(flags)?.[0] ?? short ?? flags;
  const value = flags.includes('<') ? 'needed' : flags.includes('[') ? 'optional' : 'none';
  return { long, value, ...(short !== undefined && { short }) };
}

const HELP: Option = { flags: '-h, --help', summary: 'Show help' };
const VERSION: Option = { flags: '-V, --version', summary: 'Print the version' };

/** All that may stand after a command, in the order of its help, or before one. */
export function optionsOf(command: Command | undefined): readonly Option[] {
  return command === undefined
    ? [VERSION, HELP, ...GLOBAL_OPTIONS]
    : [...(command.options ?? []), HELP, ...GLOBAL_OPTIONS];
}

/** Reads the words before the one at the cursor; the program's name is none of them. */
export function readLine(commands: readonly Command[], words: readonly string[]): TypedLine {
  const path: string[] = [];
  const given: string[] = [];
  const values: Record<string, string> = {};
  let command: Command | undefined;
  let pending: Option | undefined;
  let isPastOptions = false;
  const take = (option: Option, value: string): void => void (values[namesOf(option).long.slice(2)] = value);

  for (const word of words) {
    if (pending !== undefined) {
      const waiting = pending;
      pending = undefined;
      if (namesOf(waiting).value === 'needed' || !word.startsWith('-')) {
        take(waiting, word);
        continue;
      }
    }
    if (!isPastOptions && word === '--') isPastOptions = true;
    else if (!isPastOptions && word.startsWith('-') && word !== '-') {
      const { option, value } = optionIn(optionsOf(command), word);
      if (option === undefined) continue;
      if (value !== undefined || namesOf(option).value === 'none') take(option, value ?? '');
      else pending = option;
    } else {
      const step = isPastOptions || given.length > 0 ? undefined : stepOf(commands, path, word);
      if (step === undefined) given.push(word);
      else path.push(step);
      command = commandOf(commands, path);
    }
  }
  return {
    path,
    arguments: given,
    options: values,
    isPastOptions,
    ...(command && { command }),
    ...(pending && { pending }),
  };
}

/** The word as a part of a command's name; undefined where it is none, and so an argument. */
function stepOf(commands: readonly Command[], path: readonly string[], word: string): string | undefined {
  const [first] = path;
  if (first === undefined) return word;
  if (path.length > 1) return undefined;
  const member = commandOf(commands, [first, word]);
  return member?.name.split(' ')[1];
}

/** `--stack`, `--stack=x`, `-s`, `-sx` and `-yf`: of the last the option that counts is the last. */
export function optionIn(
  options: readonly Option[],
  word: string,
): { readonly option?: Option; readonly value?: string } {
  if (word.startsWith('--')) {
    const [, name, value] = /^(--[^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const option = options.find((one) => namesOf(one).long === name);
    return { ...(option && { option }), ...(value !== undefined && { value }) };
  }
  for (let at = 1; at < word.length; at += 1) {
    const option = options.find((one) => namesOf(one).short === `-${word.charAt(at)}`);
    if (option === undefined) return {};
    const rest = word.slice(at + 1);
    if (rest === '' || namesOf(option).value !== 'none') return { option, ...(rest !== '' && { value: rest }) };
  }
  return {};
}
