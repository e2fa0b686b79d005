import { createPrinter, type Printer } from './printer.js';

function open(options: { isJson?: boolean; isColored?: boolean; isNoteColored?: boolean } = {}): {
  print: Printer;
  out: () => string;
  err: () => string;
} {
  let [out, err] = ['', ''];
  const print = createPrinter({
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    isJson: false,
    isColored: false,
    isNoteColored: false,
    ...options,
  });
  return { print, out: () => out, err: () => err };
}

const COLUMNS = [
  { title: 'NAME', of: ({ name }: { name: string; count?: number }) => name },
  { title: 'COUNT', of: ({ count }: { name: string; count?: number }) => count, align: 'right' },
] as const;

it('draws a table without borders and without spaces at the end', () => {
  const { print, out } = open();
  print.table([{ name: 'a', count: 12 }, { name: 'bcdef' }], COLUMNS, 'None.');
  expect(out()).toBe('NAME   COUNT\na         12\nbcdef\n');
});

it('says so where a table would be empty', () => {
  const { print, out } = open();
  print.table([], COLUMNS, 'There are none.');
  expect(out()).toBe('There are none.\n');
});

it('lines fields up, and leaves empty ones out', () => {
  const { print, out } = open();
  print.fields([
    ['ID', 'x'],
    ['Started', undefined],
    ['Instances', 4],
    ['Error', ''],
  ]);
  expect(out()).toBe('ID         x\nInstances  4\n');
});

it('lets no control characters of the server through, but colours', () => {
  const { print, out, err } = open({ isColored: true, isNoteColored: true });
  print.table([{ name: `a\u001b[2J\nb\u009b1m${print.colors.red('c')}` }], [COLUMNS[0]], '');
  print.note('x\u001b]0;y\u0007');
  expect(out()).toBe('\u001b[1mNAME\u001b[22m\na [2J b 1m\u001b[31mc\u001b[39m\n');
  expect(err()).toBe('x ]0;y \n');
});

it('lets none through in lines and JSON either, of which JSON loses nothing', () => {
  const [person, machine] = [open(), open({ isJson: true })];
  person.print.line('a\u001b[2Jb\u009bc\td');
  expect(person.out()).toBe('a [2Jb c\td\n');
  machine.print.line(JSON.stringify({ a: '\u009b\u001b' }));
  machine.print.json('\u007f');
  expect(machine.out()).toBe(String.raw`{"a":"\u009b\u001b"}` + '\n' + String.raw`"\u007f"` + '\n');
});

it('takes colours out of notes where standard error is no terminal', () => {
  const { print, err } = open({ isColored: true });
  print.note(print.colors.yellow('careful'));
  expect(err()).toBe('careful\n');
});

it('prints a result for machines or for people', () => {
  const [machine, person] = [open({ isJson: true }), open()];
  for (const { print } of [machine, person]) print.result({ a: 'ä\n' }, () => print.line('an a'));
  expect(machine.out()).toBe('{\n  "a": "ä\\n"\n}\n');
  expect(person.out()).toBe('an a\n');
});
