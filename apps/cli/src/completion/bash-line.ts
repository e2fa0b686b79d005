/** The line as bash has it, as far as the cursor: quotes and all. */
export interface BashLine {
  /** Without their quotes, the one at the cursor last; it may be empty. */
  readonly words: readonly string[];
  /** How much of the last word stands before what bash replaces: it takes no more than what follows `=`, `:` or a quote. */
  readonly kept: string;
  /** The quote that is open at the cursor. */
  readonly quote: '"' | "'" | '';
}

/** Reads a line by the shell's rules of quoting. `breaks` is `COMP_WORDBREAKS`: where bash begins what it replaces. */
export function readBashLine(line: string, breaks: string): BashLine {
  const words: string[] = [];
  let [word, kept, quote, isOpen]: [string, string, BashLine['quote'], boolean] = ['', '', '', false];
  const end = (): void => {
    if (isOpen) words.push(word);
    [word, kept, isOpen] = ['', '', false];
  };
  for (let at = 0; at < line.length; at += 1) {
    const letter = line.charAt(at);
    const next = line.charAt(at + 1);
    if (quote === '' && /\s/.test(letter)) {
      end();
      continue;
    }
    isOpen = true;
    if (letter === quote) quote = '';
    else if (quote === '' && (letter === '"' || letter === "'"))
      [quote, kept] = [letter, unlessClosed(line, at) ? word : kept];
    else if (letter === '\\' && next !== '' && isEscape(quote, next)) {
      word += next;
      at += 1;
    } else {
      word += letter;
      if (quote === '' && breaks.includes(letter)) kept = word;
    }
  }
  return { words: [...words, word], kept, quote };
}

/** Within double quotes a backslash stands for itself but before these. */
function isEscape(quote: string, next: string): boolean {
  return quote === '' || (quote === '"' && /["\\$`]/.test(next));
}

/** Whether the quote at `at` is still open where the line ends. */
function unlessClosed(line: string, at: number): boolean {
  const quote = line.charAt(at);
  for (let i = at + 1; i < line.length; i += 1) {
    if (line.charAt(i) === '\\' && quote === '"') i += 1;
    else if (line.charAt(i) === quote) return false;
  }
  return true;
}

/** What bash puts in the place of what it replaces: `value` without what is kept, quoted so that it stays one word. */
export function bashReply(value: string, { kept, quote }: BashLine): string {
  const text = value.slice(kept.length);
  if (quote === "'") return text.replaceAll("'", "'\\''");
  // `!` is history within double quotes, and no backslash takes that from it.
  if (quote === '"') return text.replace(/["\\$`]/g, '\\$&').replaceAll('!', `"'!'"`);
  return text.replace(/[^\w./:=@%+,\u0080-\uffff-]/g, '\\$&');
}
