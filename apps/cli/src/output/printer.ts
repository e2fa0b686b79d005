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
  /** What `colors` are for: standard output. */
  readonly isColored: boolean;
  /** Of standard error; where they are not wanted there, colours of notes are taken out. */
  readonly isNoteColored: boolean;
}

const NO_BORDERS = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle'
    .split(' ')
    .map((place) => [place, '']),
);

export function createPrinter({ stdout, stderr, isJson, isColored, isNoteColored }: PrinterOptions): Printer {
  const colors = createColors(isColored);
  // With --json each line is JSON, of which no character may get lost.
  const line = (text = ''): void => void stdout.write(`${isJson ? escaped(text) : printable(text)}\n`);
  const json = (value: unknown): void => void stdout.write(`${escaped(JSON.stringify(value, undefined, 2))}\n`);
  return {
    colors,
    line,
    json,
    result: (value, human) => (isJson ? json(value) : human()),
    note: (text) => void stderr.write(`${isNoteColored ? printable(text) : withoutColors(printable(text))}\n`),
    table: (rows, columns, ifNone) => {
      if (rows.length === 0) return line(ifNone);
      const table = new Table({
        head: columns.map(({ title }) => colors.bold(title)),
        colAligns: columns.map(({ align }) => align ?? ('left' as const)),
        chars: NO_BORDERS,
        style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [], compact: true },
      });
      for (const row of rows) table.push(columns.map(({ of }) => cell(of(row))));
      for (const text of table.toString().split('\n')) line(text.trimEnd());
    },
    fields: (pairs) => {
      const shown = pairs.filter(([, value]) => value !== undefined && value !== '');
      const width = Math.max(0, ...shown.map(([name]) => name.length));
      for (const [name, value] of shown) line(`${colors.bold(name.padEnd(width))}  ${cell(value)}`);
    },
  };
}

function cell(value: string | number | undefined): string {
  return printable(String(value ?? '')).replace(/[\n\t]/g, ' ');
}

/** No control characters of a server's text reach the terminal; colours, tabs and line ends do. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[\d+m)/g, ' ');
}

/** JSON.stringify lets DEL and the control characters behind it through, which terminals obey. */
function escaped(json: string): string {
  // oxlint-disable-next-line no-control-regex
  return json.replace(/[\u007f-\u009f]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function withoutColors(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/\u001b\[\d+m/g, '');
}
