/** No more than this (characters) is held back. */
const MOST_HELD = 65_536;

let held = '';

function flush(): void {
  const lines = held;
  held = '';
  if (lines !== '') process.stdout.write(lines);
}

/**
 * Writes a line to standard output. Lines of one turn of the event loop go out in one write at its end: a system call for
 * each costs more than all else about a line. An urgent one goes out at once with those before it, and what is held when
 * the process exits goes out then. So an exit loses nothing, unless whoever reads our pipe is more than its 64 KB behind.
 */
export function writeToStandardOutput(line: string, isUrgent: boolean): void {
  if (held === '') setImmediate(flush);
  held += `${line}\n`;
  if (isUrgent || held.length > MOST_HELD) flush();
}

process.on('exit', flush);
