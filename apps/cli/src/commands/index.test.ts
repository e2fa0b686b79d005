import type { Command } from '../command.js';
import { readBashLine } from '../completion/bash-line.js';
import { namesOf, optionsOf } from '../completion/typed-line.js';
import { createProgram, GLOBAL_OPTIONS, type Invocation } from '../program.js';
import { runCli } from '../testing/run-cli.js';
import { commands } from './index.js';

const everyCommand = commands.map((command): [string, Command] => [command.name, command]);
const repeated = (words: readonly string[]): string[] => words.filter((word, at) => words.indexOf(word) !== at);

/** Parses a line as a shell would hand it over; what goes into a pipe or a file is the shell's. */
function parse(line: string): Invocation | undefined {
  const [typed = ''] = line.split(/ (?:[|>]|\d>) ?/);
  let invoked: Invocation | undefined;
  let said = '';
  const sink = { write: (text: string) => void (said += text) };
  const program = createProgram({
    commands,
    version: '1',
    stdout: sink,
    stderr: sink,
    onInvoked: (one) => (invoked = one),
  });
  try {
    program.parse([...readBashLine(typed, '').words], { from: 'user' });
  } catch {
    throw new Error(`${line}: ${said}`);
  }
  return invoked;
}

it('has each name once', () => {
  const names = commands.flatMap(({ name, aliases = [] }) => {
    const before = name.split(' ').slice(0, -1);
    return [name, ...aliases.map((alias) => [...before, alias].join(' '))];
  });
  expect(repeated(names)).toEqual([]);
  expect(names).not.toContain('complete');
  expect(names).not.toContain('help');
});

it.each(everyCommand)('%s says in a line what it does, and shows it by examples that run', (name, command) => {
  expect(command.summary).toMatch(/^[A-Z][^\n]*[^.\s]$/);
  expect(name).toMatch(/^[a-z]+( [a-z]+)?$/);
  expect(command.examples.length).toBeGreaterThan(0);
  for (const { line, does } of command.examples) {
    expect(does).not.toMatch(/\.$/);
    expect(parse(line)?.command.name).toBe(name);
  }
});

it.each(everyCommand)('%s has no option twice, and none that every command has', (_name, command) => {
  const letters = optionsOf(command).flatMap((option) => namesOf(option).short ?? []);
  const words = optionsOf(command).map((option) => namesOf(option).long);
  expect([repeated(letters), repeated(words)]).toEqual([[], []]);
  for (const option of command.options ?? []) expect(option.summary).toMatch(/^[^a-z].*[^.]$/);
  expect(GLOBAL_OPTIONS.length).toBeGreaterThan(3);
});

it.each(everyCommand)('%s shows help, by --help and by help, within 100 columns', async (name, command) => {
  const words = name.split(' ');
  const shown = await runCli(commands, [...words, '--help']);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toContain(command.summary.slice(0, 20));
  const prose = shown.stdout.slice(0, shown.stdout.indexOf('\nExamples:'));
  expect(prose.split('\n').filter((line) => line.length > 100 && !line.startsWith('Usage: '))).toEqual([]);
  expect(await runCli(commands, ['help', ...words])).toEqual(shown);
});

it.each([['record'], ['help', 'record'], ['record', '--help']])('shows a family: %s', async (...argv) => {
  const { code, stdout, stderr } = await runCli(commands, argv);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('Usage: quartermaster record <command> [options]');
  expect(stdout).toMatch(/^ {2}rm <hostname> /m);
});

it('shows every command, and how it ends', async () => {
  const { code, stdout } = await runCli(commands, []);
  expect(code).toBe(0);
  for (const { name, isHidden } of commands) {
    if (isHidden !== true) expect(stdout).toMatch(new RegExp(`^  ${name.split(' ')[0]} `, 'm'));
  }
  expect(stdout).toContain('3 server not reached');
  expect((await runCli(commands, ['help'])).stdout).toBe(stdout);
});

it.each([
  [['nope'], "Unknown command 'nope'", '(see quartermaster --help)'],
  [['nope', '--help'], "Unknown command 'nope'", '(see quartermaster --help)'],
  [['help', 'nope'], "Unknown command 'nope'", '(see quartermaster --help)'],
  [['descrbe'], "Unknown command 'descrbe'", '(Did you mean describe?)'],
  [['record', 'sett'], "Unknown command 'sett'", '(see quartermaster record --help)'],
  [['list', '--stak', 'x'], "Unknown option '--stak'", '(Did you mean --stack?)'],
  [['--nope'], "Unknown option '--nope'", '(see quartermaster --help)'],
  [['list', '--stack'], "Option '-s, --stack <name>' argument missing", '(see quartermaster list --help)'],
  [['completion'], "Missing required argument 'shell'", '(see quartermaster completion --help)'],
  [['completion', 'bash', 'zsh'], 'Too many arguments', '(see quartermaster completion --help)'],
  [['completion', 'fish'], 'There is no completion for fish.', 'Give bash or zsh.'],
])('refuses %j and says what to look at', async (argv, what, next) => {
  const { code, stdout, stderr } = await runCli(commands, argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`Error: ${what}`);
  expect(stderr).toContain(next);
});

it('takes the options of every command before it, too; what stands nearer counts', async () => {
  const { stdout } = await runCli(commands, ['--json', 'completion', 'bash']);
  expect(stdout).toContain('complete -F');
  const { code, stderr } = await runCli(
    commands,
    ['--url', 'http://127.0.0.1:2', 'list', '--url', 'http://127.0.0.1:1'],
    {
      env: { QUARTERMASTER_TOKEN: 'unit-test-token' },
    },
  );
  expect(code).toBe(3);
  expect(stderr).toContain('http://127.0.0.1:1/stacks');
});
