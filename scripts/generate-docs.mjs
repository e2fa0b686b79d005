// Writes the tables of docs/configuration.md from the schemas by which the processes check their environment.
// `--check` writes nothing and ends with 1 where the page is not what the schemas say. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGE = 'docs/configuration.md';

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
    if (from < 0 || to < from) throw new Error(`${PAGE} needs the lines "${begin}" and "${end}".`);
    return `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
  }, page);
}

/** The tables of the page, by the name in their marks. */
function renderTables() {
  const require = createRequire(import.meta.url);
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

async function main([option]) {
  const path = join(ROOT, PAGE);
  const page = readFileSync(path, 'utf8');
  let tables;
  try {
    tables = renderTables();
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    process.stderr.write(`Build first (npm run build): ${error.message.split('\n')[0]}\n`);
    return 1;
  }
  const wanted = await format(fillIn(page, tables), { ...(await resolveConfig(path)), filepath: path });
  if (wanted === page) {
    process.stdout.write(`${PAGE} is what the schemas say.\n`);
    return 0;
  }
  if (option === '--check') {
    process.stderr.write(`${PAGE} is not what the schemas say: run node scripts/generate-docs.mjs\n`);
    return 1;
  }
  writeFileSync(path, wanted);
  process.stdout.write(`${PAGE} written.\n`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
