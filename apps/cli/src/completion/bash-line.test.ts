import { bashReply, readBashLine } from './bash-line.js';

const BREAKS = ' \t\n"\'@><=;|&(:';

it.each([
  ['qm list', { words: ['qm', 'list'], kept: '', quote: '' }],
  ['qm list ', { words: ['qm', 'list', ''], kept: '', quote: '' }],
  ['qm  -s Mobile\\ A', { words: ['qm', '-s', 'Mobile A'], kept: '', quote: '' }],
  ['qm -s "Mobile A', { words: ['qm', '-s', 'Mobile A'], kept: '', quote: '"' }],
  ["qm -s 'it s", { words: ['qm', '-s', 'it s'], kept: '', quote: "'" }],
  ['qm -s "a \\" \\n" \'\' x', { words: ['qm', '-s', 'a " \\n', '', 'x'], kept: '', quote: '' }],
  ['qm --stack=Mob', { words: ['qm', '--stack=Mob'], kept: '--stack=', quote: '' }],
  ['qm --stack="My S', { words: ['qm', '--stack=My S'], kept: '--stack=', quote: '"' }],
  ['qm fe80::1', { words: ['qm', 'fe80::1'], kept: 'fe80::', quote: '' }],
  ['qm "a:b=c', { words: ['qm', 'a:b=c'], kept: '', quote: '"' }],
  ['qm "Mobile A"x', { words: ['qm', 'Mobile Ax'], kept: '', quote: '' }],
] as const)('reads %s', (line, expected) => {
  expect(readBashLine(line, BREAKS)).toEqual(expected);
});

it('begins nowhere else where bash is told so', () => {
  expect(readBashLine('qm --stack=Mob', ' ').kept).toBe('');
});

it.each([
  ['qm M', 'Mobile App', 'Mobile\\ App'],
  ['qm "M', 'Mobile App', 'Mobile App'],
  ["qm 'i", "it's", "it'\\''s"],
  ['qm "', 'a$(x)`y`"\\z', 'a\\$(x)\\`y\\`\\"\\\\z'],
  ['qm "', 'hey!', `hey"'!'"`],
  ['qm ', 'a$(x)`y`;&|~#*', 'a\\$\\(x\\)\\`y\\`\\;\\&\\|\\~\\#\\*'],
  ['qm --stack=M', '--stack=Mobile App', 'Mobile\\ App'],
  ['qm fe80::', 'fe80::1', '1'],
  ['qm ', 'db-1.example.com', 'db-1.example.com'],
  ['qm ', 'Größe’s', 'Größe’s'],
])('after %s puts %s as %s', (line, value, expected) => {
  expect(bashReply(value, readBashLine(line, BREAKS))).toBe(expected);
});
