import { Command as Commander, CommanderError, InvalidArgumentError, Option as CommanderOption } from 'commander';
import type { Argument, Command, Group, Option } from './command.js';
import { PROGRAM } from './context.js';
import type { TextSink } from './output/text-sink.js';

/** Options of every command. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  { flags: '--url <url>', summary: 'Where the server is (QUARTERMASTER_URL)' },
  {
    flags: '--token-file <file>',
    summary: 'A file that holds the token, - for standard input (QUARTERMASTER_TOKEN holds it itself)',
    completion: 'files',
  },
  { flags: '--json', summary: 'Print JSON, for programs' },
  { flags: '--verbose', summary: 'Show each request on standard error' },
];

export interface GlobalValues {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly account?: string;
  readonly accountTokenFile?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** What was typed, once it is understood. */
export interface Invocation {
  readonly command: Command;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface ProgramOptions {
  readonly commands: readonly Command[];
  readonly version: string;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly onInvoked: (invocation: Invocation) => void;
}

/** Commander's program of all commands. Parsing throws `CommanderError`: help and version were printed, or usage was wrong. */
export function createProgram({ commands, version, stdout, stderr, onInvoked }: ProgramOptions): Commander {
  const root = new Commander(PROGRAM)
    .description('One fleet, one command line: instances, stacks and tasks, DNS, discovery, CouchDB.')
    .version(version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show help')
    .commandsGroup('This program:')
    .helpCommand('help [command]', 'Show help of a command');
  prepare(root, stdout, stderr);
  root.addHelpText(
    'after',
    `\nExamples of each command: ${PROGRAM} <command> --help\nEnds with 0 done, 1 failed, 2 wrong usage, 3 server not reached.`,
  );

  const parents = new Map<string, Commander>();
  // Those of one word first: `record` before `record set`.
  for (const command of commands.toSorted((a, b) => words(a).length - words(b).length)) {
    const [first = '', second] = words(command);
    let parent = root;
    if (second !== undefined) {
      parent = parents.get(first) ?? openFamily(root, first, command.group, stdout, stderr);
      parents.set(first, parent);
    }
    const made = addCommand(parent, command, second ?? first, onInvoked);
    prepare(made, stdout, stderr);
    if (second === undefined) parents.set(first, made);
  }
  return root;
}

const words = ({ name }: Command): string[] => name.split(' ');

function prepare(command: Commander, stdout: TextSink, stderr: TextSink): void {
  command
    .exitOverride()
    .showHelpAfterError(`(see ${[...namesOf(command), '--help'].join(' ')})`)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      outputError: (text, write) =>
        write(text.replace(/^error: (.)/, (_all, first: string) => `Error: ${first.toUpperCase()}`)),
    });
}

function namesOf(command: Commander): string[] {
  return [...(command.parent === null ? [] : namesOf(command.parent)), command.name()];
}

/** The word before those of two: `record` of `record set`. Alone it shows its help. */
function openFamily(root: Commander, name: string, group: Group, stdout: TextSink, stderr: TextSink): Commander {
  const family = root.command(name).helpGroup(`${group}:`).helpOption('-h, --help', 'Show help').helpCommand(false);
  prepare(family, stdout, stderr);
  return family;
}

function addCommand(
  parent: Commander,
  command: Command,
  name: string,
  onInvoked: (invocation: Invocation) => void,
): Commander {
  const made = parent
    .command(name, { hidden: command.isHidden === true })
    .summary(command.summary)
    .description(
      command.description === undefined ? `${command.summary}.` : `${command.summary}.\n\n${command.description}`,
    )
    .helpGroup(`${command.group}:`)
    .helpOption('-h, --help', 'Show help')
    .helpCommand(false)
    .aliases(command.aliases ?? []);
  const given = command.arguments ?? [];
  for (const argument of given) made.argument(argumentSyntax(argument), argument.summary);
  for (const option of command.options ?? []) made.addOption(createOption(option));
  made.optionsGroup('Options of every command:');
  for (const option of GLOBAL_OPTIONS) made.addOption(createOption(option).helpGroup('Options of every command:'));
  made.addHelpText('after', examplesOf(command));
  return made.action((...received: unknown[]) => {
    const values = given.map(({ name }, i): [string, unknown] => [camelCase(name), received[i]]);
    onInvoked({ command, arguments: Object.fromEntries(values), options: made.opts() });
  });
}

export function argumentSyntax({ name, isOptional, isVariadic }: Argument): string {
  const inner = `${name}${isVariadic === true ? '...' : ''}`;
  return isOptional === true ? `[${inner}]` : `<${inner}>`;
}

function createOption({
  flags,
  summary,
  parse,
  choices,
  default: standard,
  isList,
  isHidden,
}: Option): CommanderOption {
  const option = new CommanderOption(flags, summary);
  if (choices !== undefined) option.choices(choices);
  if (standard !== undefined) option.default(standard);
  if (isHidden === true) option.hideHelp();
  const parsed = (text: string): unknown => {
    if (parse === undefined) return text;
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message.replace(/([^.])$/, '$1.'));
    }
  };
  if (isList === true)
    option.argParser((text, former: readonly unknown[] | undefined) => [...(former ?? []), parsed(text)]);
  else if (parse !== undefined) option.argParser(parsed);
  return option;
}

function examplesOf({ examples }: Command): string {
  const lines = examples.map(({ line, does }) => `  # ${does}\n  ${PROGRAM} ${line}`);
  return `\nExamples:\n${lines.join('\n\n')}`;
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase());
}

/** Commander has printed what there is to say: `--help`, `--version`, or what is wrong. */
export function isCommanderEnd(error: unknown): error is CommanderError {
  return error instanceof CommanderError;
}
