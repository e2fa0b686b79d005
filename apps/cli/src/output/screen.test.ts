import { Terminal } from '@xterm/headless';
import { createScreen, type Screen } from './screen.js';

interface Seen {
  readonly screen: Screen;
  /** What stands on the terminal. */
  readonly shown: () => Promise<string>;
  /** What went to the file that standard error is. */
  readonly filed: () => string;
}

function open(isErrTerminal: boolean, isJson = false): Seen {
  const emulator = new Terminal({ cols: 60, rows: 8, allowProposedApi: true });
  let filed = '';
  const terminal = { write: (text: string) => emulator.write(text.replaceAll('\n', '\r\n')), isTTY: true, columns: 60 };
  const file = { write: (text: string) => (filed += text), isTTY: false };
  const stderr = isErrTerminal ? terminal : file;
  return {
    screen: createScreen({ stdout: terminal, stderr, env: { NO_COLOR: '1' }, isJson }),
    shown: async () => {
      await new Promise<void>((resolve) => emulator.write('', resolve));
      const { active } = emulator.buffer;
      const lines = Array.from({ length: 8 }, (_none, row) => active.getLine(row)?.translateToString(true) ?? '');
      return lines.join('\n').trimEnd();
    },
    filed: () => filed,
  };
}

const BAR = `${'█'.repeat(12)}${'░'.repeat(12)} started 0s`;

it.each([
  ['above it, where both are the terminal', true, false, `first\nsecond\n${BAR}\nafter`, ''],
  ['above one on standard error', true, true, `first\nsecond\n${BAR}\nafter`, ''],
  ['to the file that standard error is', false, false, BAR, 'first\nsecond\nafter\n'],
])('writes notes while a bar stands %s', async (_how, isErrTerminal, isJson, shown, filed) => {
  const seen = open(isErrTerminal, isJson);
  const progress = seen.screen.openProgress();
  progress.show({ done: 1, total: 2, text: 'started' });
  seen.screen.print.note('first');
  progress.show({ done: 1, total: 2, text: 'started' });
  seen.screen.print.note('second');
  progress.end();
  seen.screen.print.note('after');
  expect([await seen.shown(), seen.filed()]).toEqual([shown, filed]);
});
