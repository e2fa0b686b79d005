import { Ec2Error, invalidValue } from './errors.js';

export interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken: string | undefined;
}

/** EC2 may answer a call without MaxResults in pages too; doing so always finds clients that do not page. */
const DEFAULT_PAGE = 1000;
const TOKEN = /^page:([A-Za-z]+):(\d+)$/;

/**
 * Cuts a page out of items that are sorted by `order`. The token names the last item that was seen and not a position,
 * so that nothing is skipped when an earlier item disappears. `minimum`: the least MaxResults that the action takes.
 */
export function takePage<T extends { readonly order: number }>(
  action: string,
  items: readonly T[],
  request: PageRequest,
  minimum = 5,
): Page<T> {
  const size = request.MaxResults ?? DEFAULT_PAGE;
  if (size < minimum) throw outOfRange(size, `Expecting a value greater than ${minimum}.`);
  if (size > 1000) throw outOfRange(size, 'Expecting a value smaller than or equal to 1000.');
  const after = request.NextToken === undefined ? -1 : readToken(action, request.NextToken);
  const rest = items.filter((item) => item.order > after);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  const more = rest.length > page.length && last !== undefined;
  const nextToken = more ? Buffer.from(`page:${action}:${last.order}`).toString('base64url') : undefined;
  return { items: page, nextToken };
}

function outOfRange(size: number, expectation: string): Ec2Error {
  return invalidValue(`Value ( ${size} ) for parameter maxResults is invalid. ${expectation}`);
}

function readToken(action: string, token: string): number {
  const match = TOKEN.exec(Buffer.from(token, 'base64url').toString('latin1'));
  if (match === null || match[1] !== action) {
    throw new Ec2Error('InvalidPaginationToken', 'The specified pagination token is not valid or is expired.');
  }
  return Number(match[2]);
}
