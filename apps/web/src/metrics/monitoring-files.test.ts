import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS } from './catalogue.js';

const DEPLOY = join(__dirname, '../../../../deploy/monitoring');
const DOCS = join(__dirname, '../../../../docs/operations.md');
const read = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');
const PARTS = /_(bucket|sum|count)$/;

/** Each selector `name{label="…",…}` of ours, with the labels it asks for. */
function selectorsOf(text: string): { name: string; labels: string[] }[] {
  return [...text.matchAll(/\b(quartermaster_[a-z_]+)(\{[^}]*\})?/g)].map(([, name = '', braces = '']) => ({
    name,
    labels: [...braces.matchAll(/([a-z_]+)(?:!?=|[=!]~)"/g)].map(([, label = '']) => label),
  }));
}

const expressionsOfAlerts = (): string[] => {
  const blocks = read('alerts.yml')
    .split(/^ {6}- alert: /m)
    .slice(1);
  return blocks.map((block) => /expr:(.*?)\n {8}(?:for|labels):/s.exec(block)?.[1] ?? '');
};
const expressionsOfDashboard = (): { expr: string; legendFormat: string }[] => {
  const { panels } = JSON.parse(read('grafana-dashboard.json')) as {
    panels: { targets?: { expr: string; legendFormat: string }[] }[];
  };
  return panels.flatMap(({ targets = [] }) => targets);
};

describe.each([
  ['alerts.yml', expressionsOfAlerts],
  ['grafana-dashboard.json', () => expressionsOfDashboard().map(({ expr }) => expr)],
])('%s', (_name, expressions) => {
  const all = expressions();

  it('asks for metrics that /metrics shows, by labels that they have', () => {
    const selectors = all.flatMap(selectorsOf);
    expect(selectors.length).toBeGreaterThan(10);
    const wrong = selectors.filter(({ name, labels }) => {
      const metric = METRICS[name] ?? METRICS[name.replace(PARTS, '')];
      const isPart = METRICS[name] === undefined;
      if (metric === undefined || isPart !== (metric.type === 'histogram')) return true;
      return labels.some((label) => !metric.labels.includes(label));
    });
    expect(wrong).toEqual([]);
  });

  it('groups by labels that the metric has', () => {
    const wrong = all.flatMap((expression) => {
      const known = new Set(selectorsOf(expression).flatMap(({ name }) => labelsOf(name)));
      const groups = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/, */));
      return groups.filter((label) => !known.has(label)).map((label) => `${label} in ${expression}`);
    });
    expect(wrong).toEqual([]);
  });

  it('takes no rate of what is no counter', () => {
    const rates = all.flatMap((expression) => [...expression.matchAll(/(?:rate|increase)\((quartermaster_[a-z_]+)/g)]);
    expect(rates.length).toBeGreaterThan(2);
    const wrong = rates
      .map(([, name = '']) => name)
      .filter((name) => METRICS[name.replace(PARTS, '')]?.type === 'gauge');
    expect(wrong).toEqual([]);
  });
});

it('every alert has an expression that is read here', () => {
  expect(expressionsOfAlerts()).toHaveLength(read('alerts.yml').split('- alert:').length - 1);
  expect(expressionsOfAlerts().filter((expression) => expression.trim() === '')).toEqual([]);
});

it('the dashboard names nothing by a label that its expression leaves out', () => {
  const wrong = expressionsOfDashboard().filter(({ expr, legendFormat }) => {
    const grouped = /\bby \(/.test(expr)
      ? [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/, */))
      : selectorsOf(expr).flatMap(({ name }) => labelsOf(name));
    return [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].some(([, label = '']) => !grouped.includes(label));
  });
  expect(wrong).toEqual([]);
});

it('docs/operations.md has a table of every metric and no other, with its type, labels and help', () => {
  const rows = rowsOfDocs().filter(([name = '']) => name.startsWith('`quartermaster_'));
  const expected = Object.entries(METRICS).map(([name, { type, labels, help }]) => {
    const named = labels.map((label) => `\`${label}\``).join(', ');
    return [`\`${name}\``, type, named === '' ? '–' : named, help];
  });
  expect(rows).toEqual(expected);
});

it.each(Object.entries(METRICS))('%s has no label that Prometheus or a ServiceMonitor sets itself', (_name, metric) => {
  const theirs = ['job', 'instance', 'service', 'namespace', 'pod', 'endpoint', 'container', 'node', 'le', 'quantile'];
  expect(metric.labels.filter((label) => theirs.includes(label) || label.startsWith('__'))).toEqual([]);
});

it('docs/operations.md tells of every alert, with its limits, its patience and how urgent it is', () => {
  const rows = rowsOfDocs().filter((cells) => cells.length === 5 && /^`[A-Z]/.test(cells[4] ?? ''));
  const alerts = read('alerts.yml')
    .split(/^ {6}- alert: Quartermaster/m)
    .slice(1);
  const names = alerts.map((text) => `\`${/^\w+/.exec(text)?.[0]}\``);
  expect(rows).toHaveLength(names.length);
  expect(new Set(rows.map((cells) => cells[4]))).toEqual(new Set(names));
  const wrong = alerts.flatMap((text) => {
    const name = /^\w+/.exec(text)?.[0];
    const [, says = '', , urgent] = rows.find((cells) => cells[4] === `\`${name}\``) ?? [];
    const limits = [...text.matchAll(/> ([1-9]\d*)$/gm)].map(([, limit]) => limit);
    const patience = [...text.matchAll(/ for: (\d+)m$/gm)].map(([, minutes]) => `${minutes} minutes`);
    const missing = [...limits, ...patience].filter((part) => !new RegExp(`\\b${part}\\b`).test(says));
    const isUrgent = text.includes('severity: page') ? 'yes' : 'today';
    return [...missing, ...(urgent === isUrgent ? [] : [isUrgent])].map((part) => `${name}: ${part}`);
  });
  expect(wrong).toEqual([]);
});

it('every metric that says that something is wrong has an alert', () => {
  const asked = new Set(
    expressionsOfAlerts()
      .flatMap(selectorsOf)
      .map(({ name }) => name),
  );
  const wanted = ['queue_paused', 'redis_warnings', 'unknown_jobs_total', 'cache_age_seconds', 'couchdb_ring_broken'];
  expect(wanted.filter((name) => !asked.has(`quartermaster_${name}`))).toEqual([]);
});

it('few failures, and what an installation without etcd answers, page nobody', () => {
  const [expression = ''] = expressionsOfAlerts().filter((text) => text.includes('status=~"5..'));
  expect(expression).toMatch(/> 10\s+and/);
  const failures = selectorsWithBraces(expression).filter((braces) => /status=/.test(braces));
  expect(
    failures.filter((braces) => !braces.includes('status!="503"') && !braces.includes('route!~"/etcd/.*"')),
  ).toEqual([]);
});

/** The cells of each row of its tables. */
function rowsOfDocs(): string[][] {
  return [...readFileSync(DOCS, 'utf8').matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) =>
    row.split(' | ').map((cell) => cell.trim()),
  );
}

function selectorsWithBraces(text: string): string[] {
  return [...text.matchAll(/\{[^}]*\}/g)].map(([braces]) => braces);
}

function labelsOf(name: string): readonly string[] {
  const own = METRICS[name] ?? METRICS[name.replace(PARTS, '')];
  return [...(own?.labels ?? []), ...(own?.type === 'histogram' ? ['le'] : [])];
}
