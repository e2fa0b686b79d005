import { createSilentLogger, type Logger } from '@quartermaster/foundation';
import type { NewTaskLogLine } from '@quartermaster/stores';
import { createRunLog } from './run-log.js';

describe('the log of a running task', () => {
  it('writes lines in their order, several at once where they came faster, and to the worker’s log', async () => {
    const written: string[][] = [];
    const seen: unknown[] = [];
    const append = async (lines: readonly NewTaskLogLine[]): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      written.push(lines.map(({ level, message }) => `${level} ${message}`));
    };
    const log: Logger = { ...createSilentLogger(), info: (message, fields) => void seen.push([message, fields]) };
    const lines = createRunLog(append, log);
    lines.info('a', { at: 1 });
    lines.warn('b');
    lines.fatal('c');
    await lines.flush();
    expect(written).toEqual([['info a'], ['warn b', 'fatal c']]);
    lines.info('d');
    await lines.flush();
    expect(written.at(-1)).toEqual(['info d']);
    expect(seen).toEqual([
      ['a', { at: 1 }],
      ['d', {}],
    ]);
  });

  it('goes on where lines could not be written', async () => {
    let fails = true;
    const written: string[] = [];
    const append = (lines: readonly NewTaskLogLine[]): Promise<void> => {
      if (fails) return Promise.reject(new Error('Redis is away'));
      return Promise.resolve(void written.push(...lines.map(({ message }) => message)));
    };
    const lines = createRunLog(append, createSilentLogger());
    lines.info('lost');
    await lines.flush();
    fails = false;
    lines.info('kept');
    await lines.flush();
    expect(written).toEqual(['kept']);
  });
});
