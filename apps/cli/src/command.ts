import type { Api } from './api/api.js';
import type { Context } from './context.js';
import type { ExitCode } from './failures.js';

/**
 * Values that the shell may complete: a fixed list, files, or what the server has. A function gets what stands on the line
 * already; it may fail or find nothing, then nothing is offered.
 */
export type Completion = readonly string[] | 'files' | ((api: Api, given: Given) => Promise<readonly string[]>);

/** What stands on the line before the word that is completed: arguments by their place, options by their long name. */
export interface Given {
  readonly arguments: readonly string[];
  readonly options: Readonly<Record<string, string | undefined>>;
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
  readonly default?: string;
  /** May be given several times; `run` gets a list. */
  readonly isList?: boolean;
  /** Accepted, but shown nowhere. */
  readonly isHidden?: boolean;
  readonly completion?: Completion;
}

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
