import { defineCommand, type Command } from './command.js';
import { argumentSyntax } from './program.js';
import { runCli } from './testing/run-cli.js';

const ran: unknown[] = [];
const made = (name: string, more: Partial<Command> = {}): Command =>
  defineCommand<object, object>({
    name,
    group: 'The server',
    summary: `Do ${name}`,
    isLocal: true,
    examples: [{ line: `${name} 1`, does: 'one' }],
    run: async (_context, given, options) => void ran.push([name, given, options]),
    ...more,
  });
const commands: readonly Command[] = [
  made('services watch', { arguments: [{ name: 'service-names', summary: 'Which', isVariadic: true }] }),
  made('services', { arguments: [{ name: 'service', summary: 'One', isOptional: true }] }),
  made('record set', {
    options: [
      { flags: '--ttl <seconds>', summary: 'TTL', parse: parseWhole },
      { flags: '-t, --tag <tag>', summary: 'A tag', isList: true },
      { flags: '--type <type>', summary: 'Type', choices: ['A', 'SRV'] },
      { flags: '--slack-channel <name>', summary: 'Channel' },
    ],
  }),
  made('hidden', { isHidden: true }),
];

function parseWhole(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error('must be a whole number');
  return Number(text);
}
const run = async (...argv: string[]): Promise<{ code: number; stdout: string; stderr: string; ran: unknown[] }> => ({
  ...(await runCli(commands, argv)),
  ran: ran.splice(0),
});

it('tells a command from the family of the same word', async () => {
  expect((await run('services', 'api')).ran).toEqual([['services', { service: 'api' }, {}]]);
  expect((await run('services')).ran).toEqual([['services', { service: undefined }, {}]]);
  expect((await run('services', 'watch', 'a', 'b')).ran).toEqual([
    ['services watch', { serviceNames: ['a', 'b'] }, {}],
  ]);
});

it('shows the help of a family that is no command', async () => {
  const { code, stdout, stderr } = await run('record');
  expect([code, stdout + stderr]).toEqual([expect.any(Number), expect.stringContaining('Do record set')]);
});

it('gives options in camelCase, parsed, and as lists', async () => {
  expect((await run('record', 'set', '--ttl', '60', '-t', 'a', '--tag', 'b', '--slack-channel', 'ops')).ran).toEqual([
    ['record set', {}, { ttl: 60, tag: ['a', 'b'], slackChannel: 'ops' }],
  ]);
});

it.each([
  [['record', 'set', '--ttl', 'x'], "Error: --ttl <seconds> must be a whole number, not 'x'.\n"],
  [['record', 'set', '--type', 'B'], 'Allowed choices are A, SRV.'],
  [['record', 'set', '--tll'], "Unknown option '--tll'"],
  [['servces'], "Unknown command 'servces'"],
  [['services', 'watch'], "Missing required argument 'service-names'"],
])('refuses %j', async (argv, message) => {
  const { code, stdout, stderr, ran: done } = await run(...argv);
  expect([code, stdout, done]).toEqual([2, '', []]);
  expect(stderr.toLowerCase()).toContain(message.toLowerCase());
  expect(stderr).toMatch(/^Error: /);
});

it('does not show a hidden command, and runs it', async () => {
  expect((await run('--help')).stdout).not.toContain('hidden');
  expect((await run('hidden')).ran).toHaveLength(1);
});

it('prints the version alone', async () => {
  expect(await run('--version')).toMatchObject({ code: 0, stdout: '1.2.3\n', stderr: '' });
});

it.each([
  [['help', 'record', 'set'], 0, 'Do record set'],
  [['--url', 'X', 'help', 'record', 'set'], 0, 'Do record set'],
  [['--json', 'help'], 0, 'quartermaster <command>'],
  [['help', 'services', 'nonsense'], 0, 'Do services'],
  [['help', 'record', 'nope'], 2, "Unknown command 'nope'"],
  [['record', 'nope', '--help'], 2, "Unknown command 'nope'"],
  [['--url', 'X', 'nope', '--help'], 2, "Unknown command 'nope'"],
])('helps with what there is: %j', async (argv, expected, text) => {
  const { code, stdout, stderr, ran: done } = await run(...argv);
  expect([code, done, stdout + stderr]).toEqual([expected, [], expect.stringContaining(text)]);
});

it('has examples in the help of a command', async () => {
  expect((await run('services', '--help')).stdout).toMatch(/Examples:\n\s+# one\n\s+quartermaster services 1/);
});

it('writes arguments as usage lines do', () => {
  const summary = '';
  expect(argumentSyntax({ name: 'a', summary })).toBe('<a>');
  expect(argumentSyntax({ name: 'a', summary, isOptional: true, isVariadic: true })).toBe('[a...]');
});
