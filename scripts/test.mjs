// What bin/test runs once everything is installed: every part in its turn, then a table, then the total as last line.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withoutClouds } from './environment.mjs';
import { signalGroup, startGroup } from './process-groups.mjs';
import { describeTotals, readJestReport, readTapReport } from './test-report.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LOCAL = join(ROOT, '.local');
/** No part takes this long; one that hangs must not hang for ever. */
const PART_LIMIT_MS = 30 * 60_000;

const reportOf = (name) => join(LOCAL, `test-${name}.report`);
const tool = (name, ...args) => ({ command: join(ROOT, 'node_modules/.bin', name), args });
const node = (...args) => ({ command: process.execPath, args });
const jest = (name, workers = 2) => ({
  ...tool('jest', '--selectProjects', name, `--maxWorkers=${workers}`, '--json', `--outputFile=${reportOf(name)}`),
  name,
  readReport: (text, end) => readJestReport(text && JSON.parse(text), end),
});
const nodeTest = (name, files) => {
  const forPeople = ['--test-reporter=spec', '--test-reporter-destination=stdout'];
  const forUs = ['--test-reporter=tap', `--test-reporter-destination=${reportOf(name)}`];
  return { ...node('--test', ...forPeople, ...forUs, ...files), name, readReport: readTapReport };
};
// Named one by one: for Node this file would be a test too.
const scriptTests = readdirSync(join(ROOT, 'scripts'))
  .filter((file) => file.endsWith('.test.mjs'))
  .map((file) => join('scripts', file));

/** In this order. A part without a report is one check. */
const PARTS = [
  { name: 'format', ...tool('prettier', '--check', '--log-level=warn', '.') },
  { name: 'types', ...tool('tsc', '-b') },
  { name: 'lint', ...tool('oxlint', '--type-aware', '--deny-warnings') },
  { name: 'docs', ...node('scripts/generate-docs.mjs', '--check'), needsFile: 'scripts/generate-docs.mjs' },
  nodeTest('scripts', scriptTests),
  jest('unit'),
  jest('integration'),
  // The real processes run what the build has made.
  { ...jest('system', 3), needs: 'types' },
];

async function main(names) {
  const unknown = names.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`No such part: ${unknown.join(', ')}. Parts: ${PARTS.map(({ name }) => name).join(' ')}\n`);
    return 2;
  }
  mkdirSync(LOCAL, { recursive: true });
  const results = [];
  for (const part of choose(names)) {
    process.stdout.write(`\n== ${part.name}\n`);
    const startedAt = Date.now();
    const result = await runPart(part, results);
    results.push({ name: part.name, ...result, seconds: (Date.now() - startedAt) / 1000 });
  }
  const { lines, isGood } = describeTotals(results);
  process.stdout.write(`\n${lines.join('\n')}\n`);
  return isGood ? 0 : 1;
}

/** The named parts, or all; with those that they need. */
function choose(names) {
  const wanted = new Set(names.flatMap((name) => [name, PARTS.find((part) => part.name === name).needs]));
  return PARTS.filter(
    (part) =>
      (names.length === 0 || wanted.has(part.name)) && (!part.needsFile || existsSync(join(ROOT, part.needsFile))),
  );
}

/** Runs one part; returns `{ passed, failed, notes }`. */
async function runPart(part, earlier) {
  if (part.needs && earlier.find(({ name }) => name === part.needs)?.failed !== 0) {
    return { passed: 0, failed: 1, notes: [`not run, because ${part.needs} failed`] };
  }
  const report = reportOf(part.name);
  rmSync(report, { force: true });
  const end = await runGroup(part);
  if (part.readReport) return part.readReport(existsSync(report) ? readFileSync(report, 'utf8') : '', end);
  return end.code === 0 ? { passed: 1, failed: 0, notes: [] } : { passed: 0, failed: 1, notes: [end.how] };
}

let running;

/** Runs a program to its end, in a group that is stopped with us. */
async function runGroup({ command, args }) {
  // Tests must not reach a real cloud.
  const env = { ...withoutClouds(process.env), NODE_ENV: 'test' };
  running = startGroup({ command, args, env, cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    signalGroup(running.pid, 'SIGKILL');
  }, PART_LIMIT_MS);
  const end = await running.ended;
  clearTimeout(limit);
  return isLate ? { how: `killed: not done after ${PART_LIMIT_MS / 60_000} minutes` } : end;
}

for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.on(signal, () => {
    signalGroup(running?.pid, 'SIGTERM');
    // Tests may have processes of their own to stop; what is left of the group is killed on exit.
    setTimeout(() => process.exit(code), 5_000);
    void running?.ended.then(() => process.exit(code));
  });
}
process.on('exit', () => signalGroup(running?.pid, 'SIGKILL'));

process.exitCode = await main(process.argv.slice(2));
