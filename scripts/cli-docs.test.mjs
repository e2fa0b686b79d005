import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderCommands, renderOptions, renderReference } from './cli-docs.mjs';

const syntax = ({ name, isOptional }) => (isOptional ? `[${name}]` : `<${name}>`);
const set = {
  name: 'record set',
  aliases: ['add'],
  group: 'DNS',
  summary: 'Set a record',
  description: 'Its value is an <ip>, as in `set <ip>`.',
  arguments: [{ name: 'hostname', summary: 'With its zone' }],
  options: [
    { flags: '--type <type>', summary: 'A | CNAME', choices: ['A', 'CNAME'] },
    { flags: '--wait', summary: 'Until it is done' },
  ],
  examples: [{ line: 'record set db.example.com 10.0.0.1', does: 'an address' }],
};
const hidden = { name: 'secret', group: 'DNS', summary: 'Not shown', examples: [], isHidden: true };

test('lists the commands of each group with links to what is said of them', () => {
  assert.equal(
    renderCommands([set, hidden], syntax),
    [
      '### DNS',
      '',
      '| command | does |',
      '| --- | --- |',
      '| [`record set <hostname>`](#quartermaster-record-set) | Set a record |',
    ].join('\n'),
  );
});

test('writes options with their choices', () => {
  assert.deepEqual(renderOptions(set.options).split('\n').slice(2), [
    '| `--type <type>` | A \\| CNAME (one of A, CNAME) |',
    '| `--wait` | Until it is done |',
  ]);
});

test('says all there is to say of a command', () => {
  const text = renderReference([set, hidden], syntax);
  for (const part of [
    '### quartermaster record set\n\nSet a record. Also: `quartermaster record add`.',
    'Its value is an \\<ip>, as in `set <ip>`.',
    '```\nquartermaster record set <hostname> [options]\n```',
    '| `<hostname>` | With its zone |',
    '```sh\n# an address\nquartermaster record set db.example.com 10.0.0.1\n```',
  ])
    assert.ok(text.includes(part), part);
  assert.ok(!text.includes('secret'));
});
