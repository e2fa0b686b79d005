import type { Context } from '../context.js';

/** What the header `Warning` says, e.g. that no worker is there to do the work. */
export function noteWarning({ print }: Context, headers: Headers): void {
  const warning = headers.get('warning');
  if (warning === null) return;
  const [, text = warning] = /^\d{3} \S+ "(.*)"$/.exec(warning) ?? [];
  print.note(print.colors.yellow(`${text}.`));
}
