import { Command as Commander, CommanderError, InvalidArgumentError, Option as CommanderOption } from 'commander';
import { familyOf, type Argument, type Command, type Group, type Option } from './command.js';
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
    .usage('<command> [options]')
    // What stands behind `services watch` is that command's, though `services` has options of the same names.
    .enablePositionalOptions()
    .commandsGroup('This program:')
    .helpCommand('help [command]', 'Show help of a command');
  prepare(root, stdout, stderr);
  addGlobalOptions(root);
  root.addHelpText('after', ENDS);

  const parents = new Map<string, Commander>();
  // Those of one word first: `record` before `record set`.
  for (const command of commands.toSorted((a, b) => words(a).length - words(b).length)) {
    const [first = '', second] = words(command);
    let parent = root;
    if (second !== undefined) {
      parent = parents.get(first) ?? openFamily(root, command.group, familyOf(commands, first));
      if (!parents.has(first)) prepare(parent, stdout, stderr);
      parents.set(first, parent);
    }
    const made = addCommand(parent, command, second ?? first, onInvoked);
    prepare(made, stdout, stderr);
    if (second === undefined) parents.set(first, made);
  }
  return root;
}

const words = ({ name }: Command): string[] => name.split(' ');
const GLOBAL_GROUP = 'Options of every command:';
const ENDS = `
Begin with \`${PROGRAM} setup\`. Examples of each command: ${PROGRAM} <command> --help
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 server not reached, 130 interrupted.`;
/** A longer one would leave no room for what it means. */
const LONGEST_TERM = 32;
const SHOWN_FOR_ALL = new Set(['[options]', '<command>']);
/** Longer lines are hard to read, however wide the terminal is. */
const MAX_WIDTH = 100;

/** The words before a command’s name may have them too: `quartermaster --json list`. */
function addGlobalOptions(made: Commander): void {
  for (const option of GLOBAL_OPTIONS) made.addOption(createOption(option).helpGroup(GLOBAL_GROUP));
  made.addHelpOption(new CommanderOption('-h, --help', 'Show help').helpGroup(GLOBAL_GROUP));
}

/** A word that is no command by itself. Alone it shows its help, and that is no error. */
class Family extends Commander {
  override help(): never {
    return super.help();
  }
}

function prepare(command: Commander, stdout: TextSink, stderr: TextSink): void {
  command
    .exitOverride()
    .configureHelp({ subcommandTerm: termOf })
    .showHelpAfterError(`(see ${[...namesOf(command), '--help'].join(' ')})`)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => Math.min(stdout.columns ?? MAX_WIDTH, MAX_WIDTH),
      getErrHelpWidth: () => Math.min(stderr.columns ?? MAX_WIDTH, MAX_WIDTH),
      outputError: (text, write) => write(sentenceOf(text)),
    });
}

/** Commander's words as ours: its `argument '0' is invalid. must be …` is no sentence. */
function sentenceOf(text: string): string {
  return text
    .replace(/^error: option '(.+?)' argument '([^]*?)' is invalid\. (must be .*?)\.?$/m, "error: $1 $3, not '$2'.")
    .replace(/^error: ([a-z])/, (_all, first: string) => `error: ${first.toUpperCase()}`)
    .replace(/^error/, 'Error');
}

function namesOf(command: Commander): string[] {
  return [...(command.parent === null ? [] : namesOf(command.parent)), command.name()];
}

/** As lists of commands show it, with its arguments: `check <task> <id>`. */
function termOf(command: Commander): string {
  const term = [command.name(), ...command.usage().split(' ')].filter((word) => !SHOWN_FOR_ALL.has(word)).join(' ');
  return term.length > LONGEST_TERM ? command.name() : term;
}

/** The word before those of two: `record` of `record set`. */
function openFamily(root: Commander, group: Group, members: readonly Command[]): Commander {
  const [name = ''] = members.flatMap(words);
  const family = new Family(name)
    .copyInheritedSettings(root)
    .summary(members.map((member) => words(member)[1]).join(', '))
    .description(`Commands: ${members.map((member) => words(member)[1]).join(', ')}.`)
    .usage('<command> [options]')
    .helpGroup(`${group}:`)
    .helpCommand(false);
  addGlobalOptions(family);
  family.addHelpText('after', `\nExamples: ${PROGRAM} ${name} <command> --help`);
  root.addCommand(family);
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
    .helpGroup(parent.parent === null ? `${command.group}:` : 'Commands:')
    .usage([...(command.arguments ?? []).map(argumentSyntax), '[options]'].join(' '))
    .helpCommand(false)
    .aliases(command.aliases ?? []);
  const given = command.arguments ?? [];
  for (const argument of given) made.argument(argumentSyntax(argument), argument.summary);
  for (const option of command.options ?? []) made.addOption(createOption(option));
  addGlobalOptions(made);
  made.addHelpText('after', examplesOf(command));
  return made.action((...received: unknown[]) => {
    const values = given.map(({ name }, i): [string, unknown] => [camelCase(name), received[i]]);
    onInvoked({ command, arguments: Object.fromEntries(values), options: optionsAlong(made) });
  });
}

export function argumentSyntax({ name, isOptional, isVariadic }: Argument): string {
  const inner = `${name}${isVariadic === true ? '...' : ''}`;
  return isOptional === true ? `[${inner}]` : `<${inner}>`;
}

/** `services --json watch api` means the same as `services watch api --json`; what stands nearer counts. */
function optionsAlong(command: Commander): Record<string, unknown> {
  return { ...(command.parent === null ? {} : optionsAlong(command.parent)), ...command.opts() };
}

function createOption({ flags, summary, parse, choices, isList }: Option): CommanderOption {
  const option = new CommanderOption(flags, summary);
  if (choices !== undefined) option.choices(choices);
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
