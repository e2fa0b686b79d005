import { defineCommand, type Command } from '../command.js';
import { wantedAt } from './candidates.js';

const common = { group: 'Stacks and tasks', examples: [], run: async () => {} } as const;
const stacks = async (): Promise<string[]> => ['My Stack'];
const list = defineCommand({
  ...common,
  name: 'list',
  aliases: ['ls'],
  summary: 'List',
  options: [
    { flags: '-s, --stack <name>', summary: 'A stack', completion: stacks },
    { flags: '--state <state>', summary: 'A state', choices: ['on', 'off'] },
    { flags: '-f, --force', summary: 'Force' },
    { flags: '--tag <k=v>', summary: 'A tag', isList: true },
  ],
});
const services = defineCommand({
  ...common,
  name: 'services',
  summary: 'List the services',
  arguments: [{ name: 'service', summary: 'One', isOptional: true, completion: ['api'] }],
});
const watch = defineCommand({
  ...common,
  name: 'services watch',
  aliases: ['follow'],
  summary: 'Watch',
  arguments: [
    { name: 'first', summary: 'One', completion: 'files' },
    { name: 'more', summary: 'More', isVariadic: true, completion: ['db'] },
  ],
});
const set = defineCommand({ ...common, name: 'record set', summary: 'Set' });
const rm = defineCommand({ ...common, name: 'record rm', summary: 'Delete' });
const secret = defineCommand({ ...common, name: 'secret', summary: 'Hidden', isHidden: true });
const commands: readonly Command[] = [list, services, watch, set, rm, secret];

const at = (line: string): { values: string[]; source: unknown; prefix: string } => {
  const words = line.split(' ');
  const { candidates, source, prefix } = wantedAt(commands, words.slice(0, -1), words.at(-1) ?? '');
  return { values: candidates.map(({ value }) => value), source, prefix };
};
const GLOBALS = ['--url', '--token-file', '--json', '--verbose'];

it('offers commands and families first, no hidden ones, and another name once it is begun', () => {
  expect(at('').values).toEqual(['list', 'services', 'record', 'help']);
  expect(at('l').values).toContain('ls');
  expect(wantedAt(commands, [], '').candidates.find(({ value }) => value === 'record')?.summary).toBe('set, rm');
});

it('offers the commands of a family', () => {
  expect(at('record ')).toMatchObject({ values: ['set', 'rm'], source: undefined });
  expect(at('record set x').values).toEqual([]);
  expect(at('nope ').values).toEqual([]);
});

it('offers both where a command stands beside its family', () => {
  expect(at('services ')).toMatchObject({ values: ['watch'], source: ['api'] });
  expect(at('services api w').values).toEqual([]);
});

it('offers words after help', () => {
  expect(at('help rec').values).toContain('record');
  expect(at('help record ').values).toEqual(['set', 'rm']);
});

it('offers the options that are left, also where nothing else may come', () => {
  const all = ['--stack', '--state', '--force', '--tag', '--help', ...GLOBALS];
  expect(at('list -').values).toEqual(all);
  expect(at('list ').values).toEqual(all);
  expect(at('ls -f --tag a=b --stack x --').values).toEqual(['--state', '--tag', '--help', ...GLOBALS]);
  expect(at('list -s').values[0]).toBe('-s');
  expect(at('-').values).toEqual(['--version', '--help', ...GLOBALS]);
});

it.each(['list --stack ', 'list -s ', 'list -fs ', 'list -f --stack '])('offers values after %s', (line) => {
  expect(at(line)).toEqual({ values: [], source: stacks, prefix: '' });
});

it('offers values behind =, and right behind the letter', () => {
  expect(at('list --stack=My')).toEqual({ values: [], source: stacks, prefix: '--stack=' });
  expect(at('list -sMy')).toEqual({ values: [], source: stacks, prefix: '-s' });
  expect(at('list --state=').source).toEqual(['on', 'off']);
  expect(at('--token-file ').source).toBe('files');
});

it('counts arguments past options, and the last takes all that follow', () => {
  expect(at('services watch ').source).toBe('files');
  expect(at('services follow --json x ').source).toEqual(['db']);
  expect(at('--json services watch x y z ').source).toEqual(['db']);
});

it('knows no options after --', () => {
  expect(at('services watch -- -')).toMatchObject({ values: [], source: 'files' });
});

it('tells whom it asks what stands on the line', () => {
  const { line } = wantedAt(commands, ['services', 'watch', '--url', 'http://x', 'a', '--json', 'b'], '');
  expect(line).toMatchObject({
    arguments: ['a', 'b'],
    options: { url: 'http://x', json: '' },
    path: ['services', 'watch'],
  });
});
