import type { Api } from './api/api.js';
import type { Account } from './config/settings.js';
import type { Context } from './context.js';
import type { ExitCode } from './failures.js';

/**
 * Values that the shell may complete: a fixed list, files, or what the server has. A function gets what stands on the line
 * already, and the CouchDB account where one is set; it may fail or find nothing, then nothing is offered.
 */
export type Completion =
  readonly string[] | 'files' | ((api: Api, given: Given, account?: Account) => Promise<readonly string[]>);

/** What stands on the line before the word that is completed: arguments by their place, options by their long name. */
export interface Given {
  readonly arguments: readonly string[];
  readonly options: Readonly<Record<string, string | undefined>>;
  /** What is typed of the word itself: `stack=Mob`, of which all that is offered begins with it. */
  readonly current?: string;
}

export interface Argument {
  /** In kebab-case; `run` gets it in camelCase. */
  readonly name: string;
  readonly summary: string;
  readonly isOptional?: boolean;
  /** Takes all that follow; the last argument only. `run` gets a list. */
  readonly isVariadic?: boolean;
  readonly completion?: Completion;
}

export interface Option {
  /** As commander has them: `-s, --stack <name>`, `--force`. `run` gets the long name in camelCase. */
  readonly flags: string;
  readonly summary: string;
  /** Makes the value of the text; throws an `Error` whose message says what it must be. */
  readonly parse?: (text: string) => unknown;
  readonly choices?: readonly string[];
  /** May be given several times; `run` gets a list. */
  readonly isList?: boolean;
  readonly completion?: Completion;
}

/** Of the commands that ask on a terminal. */
export const YES: Option = { flags: '-y, --yes', summary: 'Do not ask' };

export interface Example {
  /** What is typed, without the name of the program: `build --site org --count 4`. */
  readonly line: string;
  /** What that does, a short phrase. */
  readonly does: string;
}

/** The group under which `--help` and docs/cli.md list a command. */
export type Group =
  'Instances' | 'Stacks and tasks' | 'DNS and status' | 'Discovery' | 'CouchDB' | 'The server' | 'This program';

export interface Command<Arguments = unknown, Options = unknown> {
  /** One or two words: `builds`, `record set`. A command `x` may stand beside `x y`; then `x` has the words that are no `y`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly group: Group;
  /** A line, an imperative without a full stop: `List the instances`. */
  readonly summary: string;
  /** Further paragraphs of `--help`. */
  readonly description?: string;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** One at least. */
  readonly examples: readonly Example[];
  /** Works without a server, or before one is set: no URL and no token are needed to run it. */
  readonly isLocal?: boolean;
  /** False: a URL is enough, as its requests carry an account's own credentials. */
  readonly needsToken?: boolean;
  /** Not shown by `--help`. */
  readonly isHidden?: boolean;
  /** Rejects with `Failure`; what it returns is the exit code, 0 where it returns nothing. */
  run(context: Context, given: Arguments, options: Options): Promise<ExitCode | void>;
}

/**
 * A command of the program. The shapes of arguments and options are its author's word: `run` gets what is declared beside
 * them, in camelCase, and what was left out is `undefined`.
 */
export function defineCommand<Arguments = Record<string, never>, Options = Record<string, never>>(
  command: Command<Arguments, Options>,
): Command {
  return command;
}

/** The command that a path of one or two words means, by its name or another name of it. */
export function commandOf(commands: readonly Command[], path: readonly string[]): Command | undefined {
  const [last = ''] = path.slice(-1);
  const before = path.slice(0, -1).join(' ');
  return commands.find(({ name, aliases = [] }) => {
    const words = name.split(' ');
    if (words.length !== path.length || words.slice(0, -1).join(' ') !== before) return false;
    return words.at(-1) === last || aliases.includes(last);
  });
}

/** Commands of two words that begin with this one. */
export function familyOf(commands: readonly Command[], first: string): readonly Command[] {
  return commands.filter(({ name }) => name.startsWith(`${first} `));
}
