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
    labels: [...braces.matchAll(/([a-z_]+)=~?"/g)].map(([, label = '']) => label),
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

it('docs/operations.md has a table of every metric and no other', () => {
  const rows = [...readFileSync(DOCS, 'utf8').matchAll(/^\| `(quartermaster_[a-z_]+)`/gm)].map(([, name]) => name);
  expect(rows).toHaveLength(new Set(rows).size);
  expect(new Set(rows)).toEqual(new Set(Object.keys(METRICS)));
});

function labelsOf(name: string): readonly string[] {
  const own = METRICS[name] ?? METRICS[name.replace(PARTS, '')];
  return [...(own?.labels ?? []), ...(own?.type === 'histogram' ? ['le'] : [])];
}
