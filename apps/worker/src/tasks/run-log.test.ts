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

  it('takes what is no text as well as it can, and loses no line by it', async () => {
    const written: unknown[] = [];
    const append = (lines: readonly NewTaskLogLine[]): Promise<void> =>
      Promise.resolve(void written.push(...lines.map(({ message }) => message)));
    const lines = createRunLog(append, createSilentLogger());
    const say = lines.info as (said: unknown) => void;
    const circle: { self?: object } = {};
    circle.self = circle;
    const foreign = Object.assign(Object.create(null) as object, { name: 'E', message: 'from elsewhere' });
    const all = ['a', new Error('broke'), new TypeError(''), { at: [1] }, 7, 7n, undefined, null, circle, foreign];
    for (const said of all) say(said);
    await lines.flush();
    expect(written.slice(0, 8)).toEqual(['a', 'broke', 'TypeError', '{"at":[1]}', '7', '7n', 'undefined', 'null']);
    expect(written.slice(8)).toEqual([expect.stringContaining('self'), '{"name":"E","message":"from elsewhere"}']);
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
