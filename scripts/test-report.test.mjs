import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeTotals, readJestReport, readTapReport } from './test-report.mjs';

const report = (figures) => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  ...figures,
});
const good = { how: 'code 0', code: 0 };
const bad = { how: 'code 1', code: 1 };

test('skipped tests and files that could not be run count as failed', () => {
  const { passed, failed } = readJestReport(
    report({ numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1, numRuntimeErrorTestSuites: 1 }),
    bad,
  );
  assert.deepEqual({ passed, failed }, { passed: 5, failed: 5 });
});

test('a run that fails although every test has passed counts as failed', () => {
  assert.equal(readJestReport(report({ numPassedTests: 5 }), bad).failed, 1);
  assert.equal(readJestReport(report({ numPassedTests: 5 }), good).failed, 0);
});

test('a run without tests or without a report counts as failed', () => {
  assert.equal(readJestReport(report({}), good).failed, 1);
  assert.equal(readJestReport(undefined, good).failed, 1);
});

test("Node's own report is read from its last lines", () => {
  const tap = 'TAP version 13\n# tests 4\n# pass 2\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0\n';
  const { passed, failed } = readTapReport(tap, bad);
  assert.deepEqual({ passed, failed }, { passed: 2, failed: 2 });
  assert.equal(readTapReport('', good).failed, 1);
});

test('the total stands alone on the last line', () => {
  const { lines, isGood } = describeTotals([
    { name: 'lint', passed: 1, failed: 0, seconds: 1, notes: [] },
    { name: 'unit', passed: 40, failed: 2, seconds: 2.5, notes: ['why'] },
  ]);
  assert.equal(lines.at(-1), '41 passed, 2 failed');
  assert.equal(isGood, false);
  assert.equal(describeTotals([]).isGood, false);
});
