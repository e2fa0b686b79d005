// The figures as a table that reads as text and as Markdown.

/** Whether a row has reached its goal. */
export function isMet({ figure, goal }) {
  if (goal.atLeast !== undefined) return figure >= goal.atLeast;
  return figure <= goal.atMost;
}

export function formatTable(rows) {
  const head = ['what', 'against', 'baseline', 'product', 'unit', 'figure', 'goal', 'met'];
  const lines = rows.map((row) => [
    row.name,
    row.against,
    formatNumber(row.baseline?.rate),
    formatNumber(row.product?.rate),
    row.unit,
    formatNumber(row.figure),
    row.goal === undefined ? '' : formatGoal(row.goal),
    row.goal === undefined ? '' : isMet(row) ? 'yes' : 'no',
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column].length)));
  const format = (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [format(head), format(widths.map((width) => '-'.repeat(width))), ...lines.map(format)].join('\n');
}

function formatGoal({ atLeast, atMost }) {
  return atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
}

function formatNumber(value) {
  if (value === undefined) return '';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toFixed(value >= 10 ? 1 : 2)));
}
