import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeVariables, fillIn, mustBe, renderTable } from './generate-docs.mjs';

/** What joi's `describe()` gives of a variable, as far as the page needs it. */
const schema = (description) => ({ describe: () => description });
const words = {
  shownDefault: (of) => of.describe().flags?.default,
  isSecret: (of) => of.describe().metas?.some(({ secret }) => secret) ?? false,
};

test('says in words what a schema asks for', () => {
  const cases = [
    [{ type: 'string', flags: { only: true }, allow: ['json', 'pretty'] }, 'json, pretty'],
    [{ type: 'boolean' }, 'true or false'],
    [{ type: 'number', rules: [{ name: 'port' }] }, 'port'],
    [{ type: 'number', rules: [{ name: 'integer' }, { name: 'min', args: { limit: 1 } }] }, 'whole number, 1 or more'],
    [{ type: 'string', rules: [{ name: 'min', args: { limit: 32 } }] }, 'text, 32 characters or more'],
    [
      { type: 'string', rules: [{ name: 'uri', args: { options: { scheme: ['http', 'https'] } } }] },
      'http:// or https:// URL',
    ],
    [{ type: 'string', rules: [{ name: 'pattern', args: { options: { name: 'sg-…' } } }] }, 'sg-…'],
    [{ type: 'any', metas: [{ shownDefault: '' }] }, 'comma-separated list'],
    [
      { type: 'any', preferences: { messages: { 'any.custom': '{{#label}} must be a duration like 30s' } } },
      'duration like 30s',
    ],
  ];
  for (const [description, text] of cases) assert.equal(mustBe(description), text);
});

test('gives a variable of several processes one row, and says who needs it', () => {
  const shared = { type: 'string', flags: { description: 'where web is' } };
  const rows = describeVariables(
    {
      web: { WEB_URL: schema(shared) },
      worker: {
        WEB_URL: schema({ ...shared, flags: { ...shared.flags, presence: 'required' } }),
        KEY: schema({ type: 'string', flags: { default: 'x' }, metas: [{ secret: true }] }),
      },
    },
    words,
  );
  assert.deepEqual(rows, [
    {
      name: 'WEB_URL',
      processes: 'web, worker (needed)',
      purpose: 'where web is',
      mustBe: 'text',
      standard: '',
      secret: '',
    },
    { name: 'KEY', processes: 'worker', purpose: '', mustBe: 'text', standard: 'x', secret: 'yes' },
  ]);
});

test('writes a table whose cells hold no bar of their own', () => {
  const row = { name: 'A', processes: 'web', purpose: 'this | that', mustBe: 'text', standard: '1', secret: '' };
  assert.equal(renderTable([row]).split('\n')[2], '| `A` | web | this \\| that | text | `1` |  |');
});

test('replaces what stands between the marks and nothing else', () => {
  const page = 'before\n<!-- begin web: by scripts/generate-docs.mjs -->\nold\n<!-- end web -->\nafter\n';
  const filled = fillIn(page, { web: 'new' });
  assert.equal(filled, page.replace('\nold\n', '\n\nnew\n\n'));
  assert.throws(() => fillIn('no marks', { web: 'new' }), /needs the lines/);
});
