import { AppError } from '@quartermaster/foundation';

/**
 * Quotes text as one word of a POSIX shell: nothing in it is special, line breaks stay as they are.
 * Throws `unprocessable` on NUL, which no shell word can hold.
 */
export function shellQuote(text: string): string {
  if (text.includes('\0')) {
    throw new AppError('unprocessable', 'init-script-template', 'shell_quote was given text with a NUL character');
  }
  // Single quotes end only at a single quote: leave them, put an escaped one, and enter again.
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
