// Writes what is generated in two pages: the tables of docs/configuration.md from the schemas by which the processes check
// their environment, and the commands of docs/cli.md from the table of the program. `--check` writes nothing and ends with 1
// where a page is not what they say. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { renderCommands, renderOptions, renderReference } from './cli-docs.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** A row: what one variable is, merged over the processes that read it. */
export function describeVariable(name, schemas, { shownDefault, isSecret }) {
  const readings = schemas.map(({ process, schema }) => {
    const description = schema.describe();
    const isNeeded = description.flags?.presence === 'required';
    return {
      process: isNeeded ? `${process} (needed)` : process,
      purpose: description.flags?.description ?? '',
      mustBe: mustBe(description),
      standard: shownDefault(schema) ?? '',
      secret: isSecret(schema) ? 'yes' : '',
    };
  });
  const merge = (field) => [...new Set(readings.map((reading) => reading[field]))].filter((text) => text !== '');
  return {
    name,
    processes: merge('process').join(', '),
    purpose: merge('purpose').join('; '),
    mustBe: merge('mustBe').join('; or '),
    standard: merge('standard').join('; or '),
    secret: merge('secret').join(''),
  };
}

/** What a joi schema asks for, in words, from its description. */
export function mustBe({ type, allow = [], flags = {}, rules = [], preferences, metas = [] }) {
  if (flags.only) return allow.join(', ');
  const message = preferences?.messages?.['any.custom'];
  if (message) return message.replace(/^\{\{#label\}\} must be (an? )?/, '');
  const rule = (wanted) => rules.find(({ name }) => name === wanted)?.args;
  const pattern = rule('pattern')?.options?.name;
  const scheme = rule('uri')?.options?.scheme;
  const range = [rule('min'), rule('max')].map((args) => args?.limit);

  if (type === 'boolean') return 'true or false';
  if (rule('port') !== undefined || rules.some(({ name }) => name === 'port')) return 'port';
  if (type === 'number') return `whole number${inWords(range, '')}`;
  if (scheme) return `${[scheme].flat().join(':// or ')}:// URL`;
  if (pattern) return pattern.replace(/^an? /, '');
  if (type === 'any' && metas.some((meta) => 'shownDefault' in meta)) return 'comma-separated list';
  return `text${inWords(range, ' characters')}`;
}

function inWords([min, max], unit) {
  if (min !== undefined && max !== undefined) return `, ${min} to ${max}${unit}`;
  if (min !== undefined) return `, ${min}${unit} or more`;
  return max === undefined ? '' : `, ${max}${unit} at most`;
}

/** One row for each variable, in the order in which the processes name them. */
export function describeVariables(processes, words) {
  const readers = new Map();
  for (const [process, variables] of Object.entries(processes)) {
    for (const [name, schema] of Object.entries(variables)) {
      readers.set(name, [...(readers.get(name) ?? []), { process, schema }]);
    }
  }
  return [...readers].map(([name, schemas]) => describeVariable(name, schemas, words));
}

export function renderTable(rows) {
  const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const code = (text) => (text === '' ? '' : `\`${text}\``);
  const lines = rows.map(
    ({ name, processes, purpose, mustBe: asked, standard, secret }) =>
      `| ${[code(name), processes, purpose, asked, code(standard), secret].map(cell).join(' | ')} |`,
  );
  return [
    '| variable | read by | what it is | must be | default | secret |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** The page with what stands between the marks of each table replaced. Throws where a mark is missing. */
export function fillIn(page, tables) {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const [begin, end] = [`<!-- begin ${name}: by scripts/generate-docs.mjs -->`, `<!-- end ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`The page needs the lines "${begin}" and "${end}".`);
    return `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
  }, page);
}

const require = createRequire(import.meta.url);

/** What stands in docs/configuration.md, by the name in its marks. */
function renderConfiguration() {
  const words = require('@quartermaster/foundation');
  const config = (app) => require(join(ROOT, 'apps', app, 'dist/config.js'));
  const product = {
    web: config('web').webVariables,
    worker: config('worker').workerVariables,
    'mini-worker': config('mini-worker').miniWorkerVariables,
  };
  const isShared = ({ processes }) => processes.includes(',');
  const rows = describeVariables(product, words);
  return {
    'several processes': renderTable(rows.filter(isShared)),
    web: renderTable(rows.filter((row) => !isShared(row) && row.processes.startsWith('web'))),
    worker: renderTable(rows.filter((row) => !isShared(row) && row.processes.startsWith('worker'))),
    'mini-worker': renderTable(rows.filter((row) => !isShared(row) && row.processes.startsWith('mini-worker'))),
    sandbox: renderTable(describeVariables({ sandbox: config('sandbox').sandboxVariables }, words)),
  };
}

/** What stands in docs/cli.md. */
function renderCommandLine() {
  const { commands } = require(join(ROOT, 'apps/cli/dist/commands/index.js'));
  const { GLOBAL_OPTIONS, argumentSyntax } = require(join(ROOT, 'apps/cli/dist/program.js'));
  return {
    'options of every command': renderOptions(GLOBAL_OPTIONS),
    commands: renderCommands(commands, argumentSyntax),
    reference: renderReference(commands, argumentSyntax),
  };
}

const PAGES = [
  { page: 'docs/configuration.md', render: renderConfiguration, source: 'the schemas' },
  { page: 'docs/cli.md', render: renderCommandLine, source: 'the commands' },
];

/** Whether the page was, or now is, what its source says. */
async function bring({ page, render, source }, isCheck) {
  const path = join(ROOT, page);
  const found = readFileSync(path, 'utf8');
  const wanted = await format(fillIn(found, render()), { ...(await resolveConfig(path)), filepath: path });
  if (wanted !== found && isCheck) {
    process.stderr.write(`${page} is not what ${source} say: run node scripts/generate-docs.mjs\n`);
    return false;
  }
  if (wanted !== found) writeFileSync(path, wanted);
  process.stdout.write(wanted === found ? `${page} is what ${source} say.\n` : `${page} written.\n`);
  return true;
}

async function main([option]) {
  try {
    const results = [];
    for (const page of PAGES) results.push(await bring(page, option === '--check'));
    return results.every(Boolean) ? 0 : 1;
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    process.stderr.write(`Build first (npm run build): ${error.message.split('\n')[0]}\n`);
    return 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
