import type { Option } from '../command.js';
import type { Context } from '../context.js';
import { usageFailure } from '../failures.js';
import { wholeNumber } from '../whole-number.js';

/** The API gives no more of them at once. */
const LONGEST_PAGE = 100;

export interface PageOptions {
  readonly limit?: number;
  readonly page?: number;
  readonly all?: boolean;
}

/** Options of lists that the API gives in pages. */
export const PAGE_OPTIONS: readonly Option[] = [
  {
    flags: '--limit <count>',
    summary: `How many at once: 50 unless told otherwise, ${LONGEST_PAGE} at most`,
    parse: (text) => wholeNumber(text, LONGEST_PAGE),
  },
  { flags: '--page <number>', summary: 'Which page of them, from 1', parse: (text) => wholeNumber(text, 10_000) },
  { flags: '--all', summary: 'All pages' },
];

export interface Page {
  readonly meta: { readonly page: number; readonly limit: number; readonly more: boolean };
}

/** A page as the API gives it, or with `--all` all of them as if they were one; `rowsOf` and `withRows` are its list. */
export async function loadPages<Body extends Page, Row>(
  { api }: Context,
  path: string,
  { limit, page, all }: PageOptions,
  rowsOf: (body: Body) => readonly Row[],
  withRows: (body: Body, rows: readonly Row[]) => Body,
): Promise<Body> {
  if (all !== true) return api.get<Body>(path, { limit, page });
  if (limit !== undefined || page !== undefined) throw usageFailure('--all takes neither --limit nor --page.');
  const rows: Row[] = [];
  for (let number = 1; ; number += 1) {
    const body = await api.get<Body>(path, { limit: LONGEST_PAGE, page: number });
    rows.push(...rowsOf(body));
    if (!body.meta.more) return { ...withRows(body, rows), meta: { page: 1, limit: rows.length, more: false } };
  }
}

/** Says below a table that there are further pages. */
export function noteMore({ print }: Context, { meta }: Page): void {
  if (!meta.more) return;
  print.note(print.colors.dim(`There are more: --page ${meta.page + 1}, or --all.`));
}
