import { AppError, describeError } from '@quartermaster/foundation';

/** Long enough for any cause, short enough for Slack. */
const MAX_CAUSE_LENGTH = 300;

interface PlacedError {
  readonly token?: { getPosition?: () => number[] };
  readonly originalError?: unknown;
}

/**
 * What LiquidJS threw, as `unprocessable`, with line and cause. LiquidJS's own error is not passed on as `cause`: its
 * stack quotes the template, which may hold secrets; `clean` takes them out of the message.
 */
export function templateError(error: unknown, clean: (text: string) => string): AppError {
  const line = lineOf(error);
  const place = line === undefined ? '' : ` at line ${line}`;
  const own = findAppError(error);
  if (own?.code === 'init-script-variable-missing')
    return new AppError(own.kind, own.code, `${own.message}${line === undefined ? '' : ` (line ${line})`}.`);

  const cause = clean((own?.message ?? describeError(error)).replace(/(, line:\d+, col:\d+)+$/, ''));
  return new AppError(
    'unprocessable',
    'init-script-template',
    `The init script template fails${place}: ${cause.slice(0, MAX_CAUSE_LENGTH)}.`,
  );
}

function findAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  const inner = (error as PlacedError | undefined)?.originalError;
  return inner === undefined ? undefined : findAppError(inner);
}

function lineOf(error: unknown): number | undefined {
  return (error as PlacedError | undefined)?.token?.getPosition?.()[0];
}
