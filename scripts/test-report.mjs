// Reading what the parts of bin/test have given, and adding it up.

/**
 * Counts a Jest report. A file that could not be run is a failure; so is a skipped test, for the house skips none silently;
 * so is a run that fails although every test has passed, and one without tests.
 */
export function readJestReport(report, { how, code }) {
  if (!report) return { passed: 0, failed: 1, notes: [`jest gave no report (${how})`] };
  const skipped = report.numPendingTests + report.numTodoTests;
  const unrunnable = report.numRuntimeErrorTestSuites;
  const failed = report.numFailedTests + skipped + unrunnable;
  const notes = [];
  if (skipped > 0) notes.push(`${skipped} skipped, which counts as failed`);
  if (unrunnable > 0) notes.push(`${unrunnable} files could not be run`);
  if (failed === 0 && code !== 0)
    return { passed: report.numPassedTests, failed: 1, notes: [`jest ended with ${how}`] };
  if (report.numPassedTests + failed === 0) return { passed: 0, failed: 1, notes: ['no tests'] };
  return { passed: report.numPassedTests, failed, notes };
}

/** Counts a report of Node's own test runner (TAP), by the same rules. */
export function readTapReport(text, { how, code }) {
  const figure = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  const passed = figure('pass');
  const failed = figure('fail') + figure('cancelled') + figure('skipped') + figure('todo');
  if (failed === 0 && (passed === 0 || code !== 0)) return { passed, failed: 1, notes: [`no good report (${how})`] };
  return { passed, failed, notes: [] };
}

/** The table and, as its last line, the total. */
export function describeTotals(results) {
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  const row = (name, passed, failed, seconds, notes) =>
    `${name.padEnd(12)}${String(passed).padStart(7)}${String(failed).padStart(8)}${seconds.padStart(9)}  ${notes}`.trimEnd();
  const lines = [
    row('part', 'passed', 'failed', 'seconds', ''),
    ...results.map((result) =>
      row(result.name, result.passed, result.failed, result.seconds.toFixed(1), result.notes.join('; ')),
    ),
    row('all', sum('passed'), sum('failed'), sum('seconds').toFixed(1), ''),
    '',
    `${sum('passed')} passed, ${sum('failed')} failed`,
  ];
  return { lines, isGood: sum('failed') === 0 && sum('passed') > 0 };
}
