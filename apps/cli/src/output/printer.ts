import Table from 'cli-table3';
import { createColors } from 'picocolors';
import type { TextSink } from './text-sink.js';

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | number | undefined;
  readonly align?: 'right';
}

export type Colors = Pick<ReturnType<typeof createColors>, 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'>;

export interface Printer {
  readonly colors: Colors;
  /** A value for machines, or what `human` prints. */
  result(value: unknown, human: () => void): void;
  /** A value as indented JSON, whether `--json` was given or not. */
  json(value: unknown): void;
  line(text?: string): void;
  /** `ifNone` is a sentence. */
  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], ifNone: string): void;
  /** One thing, a line for each of its fields; what is empty is left out. */
  fields(pairs: readonly (readonly [string, string | number | undefined])[]): void;
  /** On standard error: warnings and advice, which are no part of the result. */
  note(text: string): void;
}

export interface PrinterOptions {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly isJson: boolean;
  readonly isColored: boolean;
}

const NO_BORDERS = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle'
    .split(' ')
    .map((place) => [place, '']),
);

export function createPrinter({ stdout, stderr, isJson, isColored }: PrinterOptions): Printer {
  const colors = createColors(isColored);
  const line = (text = ''): void => void stdout.write(`${text}\n`);
  const json = (value: unknown): void => line(JSON.stringify(value, undefined, 2));
  return {
    colors,
    line,
    json,
    result: (value, human) => (isJson ? json(value) : human()),
    note: (text) => void stderr.write(`${text}\n`),
    table: (rows, columns, ifNone) => {
      if (rows.length === 0) return line(ifNone);
      const table = new Table({
        head: columns.map(({ title }) => colors.bold(title)),
        colAligns: columns.map(({ align }) => align ?? ('left' as const)),
        chars: NO_BORDERS,
        style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [], compact: true },
      });
      for (const row of rows) table.push(columns.map(({ of }) => plain(of(row))));
      for (const text of table.toString().split('\n')) line(text.trimEnd());
    },
    fields: (pairs) => {
      const shown = pairs.filter(([, value]) => value !== undefined && value !== '');
      const width = Math.max(0, ...shown.map(([name]) => name.length));
      for (const [name, value] of shown) line(`${colors.bold(name.padEnd(width))}  ${plain(value)}`);
    },
  };
}

/** A cell: no control characters of a server's text reach the terminal, but for our own colours. */
function plain(value: string | number | undefined): string {
  // oxlint-disable-next-line no-control-regex
  return String(value ?? '').replace(/[\u0000-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[\d+m)/g, ' ');
}
