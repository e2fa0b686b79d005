import { parseSync } from '@swc/core';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');
const LEVELS = ['warn', 'error', 'fatal'];
/** Have methods of these names and write no log: Joi's helpers, a process' own output. */
const NO_LOG = ['helpers', 'console'];
/** Write what they are given, at `warn` or above: the place of the message among their arguments. */
const WRITERS: Readonly<Record<string, number>> = { logFailure: 1, sayOnce: 3 };
/** What such a writer itself calls it; its wording is found where it comes from. */
const PASSED_ON = ['message', 'text'];

interface Line {
  readonly file: string;
  /** With `…` in place of what is put in. */
  readonly message: string;
  /** Missing where it is chosen as it runs. */
  readonly level?: string;
}

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const nodeAt = (node: Node | undefined, key: string): Node | undefined => {
  const value = node?.[key];
  return isNode(value) ? value : undefined;
};
const listAt = (node: Node, key: string): Node[] => (Array.isArray(node[key]) ? node[key].filter(isNode) : []);
const textAt = (node: Node | undefined, key: string): string => {
  const value = node?.[key];
  return typeof value === 'string' ? value : '';
};

function allNodes(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(allNodes);
  return isNode(value) ? [value, ...Object.values(value).flatMap(allNodes)] : [];
}

function sources(): string[] {
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/src`);
  return ['apps/web/src', 'apps/worker/src', 'apps/mini-worker/src', ...packages].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /(?<!\.test|\.contract|\.d)\.ts$/.test(name) && !/(^|\/)testing\//.test(name))
      .map((name) => `${folder}/${name}`),
  );
}

function linesOf(file: string): Line[] {
  const nodes = allNodes(parseSync(readFileSync(join(ROOT, file), 'utf8'), { syntax: 'typescript', target: 'es2022' }));
  const constants = new Map(
    nodes
      .filter(({ type }) => type === 'VariableDeclarator')
      .map((node) => [textAt(nodeAt(node, 'id'), 'value'), nodeAt(node, 'init')]),
  );
  const filled = (node: Node | undefined): string => {
    const constant = constants.get(textAt(node, 'value'));
    return constant?.['type'] === 'StringLiteral' ? textAt(constant, 'value') : '…';
  };
  const wordings = (node: Node | undefined): string[] => {
    if (node?.['type'] === 'StringLiteral') return [textAt(node, 'value')];
    if (node?.['type'] === 'TemplateLiteral') {
      const [parts, filling] = [listAt(node, 'quasis'), listAt(node, 'expressions')];
      return [parts.map((part, at) => textAt(part, 'raw') + (at < filling.length ? filled(filling[at]) : '')).join('')];
    }
    if (node?.['type'] === 'ConditionalExpression')
      return ['consequent', 'alternate'].flatMap((key) => wordings(nodeAt(node, key)));
    if (node?.['type'] === 'BinaryExpression')
      return [['left', 'right'].flatMap((key) => wordings(nodeAt(node, key))).join('')];
    const name = textAt(node, 'value');
    if (PASSED_ON.includes(name)) return [];
    return constants.has(name) ? wordings(constants.get(name)) : [`(not readable: ${textAt(node, 'type')} ${name})`];
  };
  const written = (node: Node | undefined, level?: string): Line[] =>
    wordings(node).map((message) => ({ file, message, ...(level === undefined ? {} : { level }) }));

  return nodes.flatMap((node): Line[] => {
    if (node['type'] === 'ObjectExpression') {
      const valueOf = (wanted: string): Node | undefined =>
        nodeAt(
          listAt(node, 'properties').find((property) => textAt(nodeAt(property, 'key'), 'value') === wanted),
          'value',
        );
      const level = textAt(valueOf('level'), 'value');
      return LEVELS.includes(level) && valueOf('message') ? written(valueOf('message'), level) : [];
    }
    if (node['type'] !== 'CallExpression') return [];
    const [callee, given] = [nodeAt(node, 'callee'), listAt(node, 'arguments').map((one) => nodeAt(one, 'expression'))];
    const place = WRITERS[textAt(callee, 'value')];
    if (place !== undefined) return written(given[place]);
    const [property, object] = [nodeAt(callee, 'property'), nodeAt(callee, 'object')];
    if (callee?.['type'] !== 'MemberExpression' || NO_LOG.includes(textAt(object, 'value'))) return [];
    const level = textAt(property, 'value');
    if (property?.['type'] === 'Identifier' && LEVELS.includes(level)) return written(given[0], level);
    const isLog = [textAt(object, 'value'), textAt(nodeAt(object, 'property'), 'value')].some((name) =>
      ['log', 'lines'].includes(name),
    );
    return property?.['type'] === 'Computed' && isLog ? written(given[0]) : [];
  });
}

interface Row {
  readonly levels: readonly string[];
  readonly message: string;
}

/** One for each message; what is in brackets only tells two lines of one wording apart. */
function rows(): Row[] {
  const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  const section = /^## What the log says$(.*?)^## /ms.exec(page)?.[1] ?? '';
  return [...section.matchAll(/^\| ([a-z, ]+?) +\| (`.+?) +\|/gm)].flatMap(([, levels = '', cell = '']) =>
    [...cell.replace(/\([^)]*\)/g, '').matchAll(/`([^`]+)`/g)].map(([, message = '']) => ({
      levels: levels.split(', '),
      message,
    })),
  );
}

const covers = (row: Row, { message, level }: Line): boolean => {
  const parts = row.message.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(message) && (level === undefined || row.levels.includes(level));
};

describe('the table of log lines in docs/operations.md', () => {
  const lines = sources().flatMap(linesOf);
  const table = rows();

  it('has every line that a process writes at warn or above, at its level', () => {
    expect(lines.length).toBeGreaterThan(60);
    expect(lines.filter((line) => !table.some((row) => covers(row, line)))).toEqual([]);
  });

  it('has no line that nobody writes', () => {
    expect(table.length).toBeGreaterThan(60);
    expect(table.filter((row) => !lines.some((line) => covers(row, line)))).toEqual([]);
  });
});
