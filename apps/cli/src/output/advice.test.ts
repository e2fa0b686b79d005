import { defineCommand, type Command } from '../command.js';
import { repeatOptions } from './advice.js';

const made = (name: string, flags: readonly string[] = []): Command =>
  defineCommand({
    name,
    group: 'The server',
    summary: 'Do it',
    options: flags.map((one) => ({ flags: one, summary: 'An option' })),
    examples: [],
    run: () => Promise.resolve(),
  });
const commands = [made('builds'), made('couchdb list', ['--account <name>', '--account-token-file <file>'])];
const typed = { url: 'http://q', tokenFile: '/my files/token', account: 'johny', accountTokenFile: '/a' };
const OF_SERVER = "--url http://q --token-file '/my files/token'";

it.each([
  ['Look: `quartermaster builds b1`.', `Look: \`quartermaster builds b1 ${OF_SERVER}\`.`],
  [
    '`quartermaster couchdb list`',
    `\`quartermaster couchdb list ${OF_SERVER} --account johny --account-token-file /a\``,
  ],
  [
    '`quartermaster couchdb list --account johny`',
    `\`quartermaster couchdb list --account johny ${OF_SERVER} --account-token-file /a\``,
  ],
  ['`quartermaster couchdb list --account eve`', `\`quartermaster couchdb list --account eve ${OF_SERVER}\``],
  [
    '`quartermaster builds` and `quartermaster doctor`',
    `\`quartermaster builds ${OF_SERVER}\` and \`quartermaster doctor ${OF_SERVER}\``,
  ],
  ['`quartermaster setup`', '`quartermaster setup`'],
  ['`quartermaster accounts --help`', '`quartermaster accounts --help`'],
  ['`bin/up`', '`bin/up`'],
])('repeats what was typed: %s', (text, expected) => {
  expect(repeatOptions(text, typed, commands)).toBe(expected);
});

it('repeats neither what was not typed nor standard input', () => {
  const ofAccount = { account: 'johny', accountTokenFile: '-' };
  expect(repeatOptions('`quartermaster couchdb list`', ofAccount, commands)).toBe(
    '`quartermaster couchdb list --account johny`',
  );
  expect(repeatOptions('`quartermaster builds`', { tokenFile: '-', json: true }, commands)).toBe(
    '`quartermaster builds`',
  );
});
