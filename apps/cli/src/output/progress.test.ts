import { Terminal } from '@xterm/headless';
import { createColors } from 'picocolors';
import { createProgress, type Progress } from './progress.js';

/** A terminal that is not there, and what a person would see on it. */
function openFakeTerminal(columns = 60): { progress: Progress; screen: () => Promise<string>; raw: () => string } {
  const emulator = new Terminal({ cols: columns, rows: 8, allowProposedApi: true });
  let raw = '';
  const sink = {
    isTTY: true,
    columns,
    write: (text: string) => {
      raw += text;
      emulator.write(text.replaceAll('\n', '\r\n'));
      return true;
    },
  };
  return {
    progress: createProgress({ sink, colors: createColors(true), isLive: true, now: () => 0 }),
    raw: () => raw,
    screen: async () => {
      await new Promise<void>((resolve) => emulator.write('', resolve));
      const { active } = emulator.buffer;
      return Array.from({ length: 8 }, (_none, row) => active.getLine(row)?.translateToString(true) ?? '')
        .join('\n')
        .trimEnd();
    },
  };
}

const [FULL, HALF, NONE] = ['█'.repeat(24), '█'.repeat(12) + '░'.repeat(12), '░'.repeat(24)];

describe('on a terminal', () => {
  it('draws one bar, and leaves its last state and the cursor', async () => {
    const { progress, screen, raw } = openFakeTerminal();
    progress.show({ done: 0, total: 4, text: 'pending' });
    expect(await screen()).toBe(`${NONE} pending 0s`);
    expect(raw()).toContain('\u001b[?25l');
    progress.show({ done: 2, total: 4, text: 'started' });
    progress.show({ done: 4, total: 4, text: 'finished' });
    progress.end();
    expect(await screen()).toBe(`${FULL} finished 0s`);
    expect(raw()).toContain('\u001b[?25h');
  });

  it('puts notes above the bar', async () => {
    const { progress, screen } = openFakeTerminal();
    progress.note('before');
    progress.show({ done: 1, total: 2, text: 'started' });
    progress.note('i-1 has reported');
    progress.note('i-2 has reported');
    progress.show({ done: 2, total: 2, text: 'finished' });
    progress.end();
    expect(await screen()).toBe(`before\ni-1 has reported\ni-2 has reported\n${FULL} finished 0s`);
  });

  it('shortens what does not fit into a line', async () => {
    const { progress, screen } = openFakeTerminal(50);
    progress.show({ done: 1, total: 2, text: 'a rather long text about what is going on' });
    progress.end();
    expect(await screen()).toBe(`${HALF} a rather long text a… 0s`);
  });

  it('lets no control characters of the server through', async () => {
    const { progress, screen } = openFakeTerminal();
    progress.note('a\u001b[2Jb\u0007c');
    progress.show({ done: 1, total: 2, text: 'x\u001b]0;title\u0007y\nz' });
    progress.end();
    expect(await screen()).toBe(`a [2Jb c\n${HALF} x ]0;title y z 0s`);
  });

  it('ends without having shown anything', async () => {
    const { progress, screen } = openFakeTerminal();
    progress.end();
    expect(await screen()).toBe('');
  });
});

it('writes a line for each change of the text elsewhere', () => {
  let written = '';
  const sink = { write: (text: string) => (written += text) };
  const progress = createProgress({ sink, colors: createColors(false), isLive: false, now: () => 0 });
  for (const done of [0, 1, 2]) progress.show({ done, total: 2, text: done < 2 ? 'started' : 'finished' });
  progress.note('done');
  progress.end();
  expect(written).toBe('started\nfinished\ndone\n');
});
