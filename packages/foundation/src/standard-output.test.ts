import { writeToStandardOutput } from './standard-output.js';

describe('standard output', () => {
  const written: string[] = [];
  const turnIsOver = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

  beforeEach(() => {
    written.length = 0;
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  });
  afterEach(() => jest.restoreAllMocks());

  it('gets the lines of one turn in one write, at its end', async () => {
    writeToStandardOutput('one', false);
    writeToStandardOutput('two', false);
    expect(written).toEqual([]);
    await turnIsOver();
    expect(written).toEqual(['one\ntwo\n']);
  });

  it('gets an urgent line at once, behind those before it, and each only once', async () => {
    writeToStandardOutput('one', false);
    writeToStandardOutput('fatal', true);
    expect(written).toEqual(['one\nfatal\n']);
    await turnIsOver();
    expect(written).toHaveLength(1);
  });

  it('gets what is held when the process exits', () => {
    writeToStandardOutput('last', false);
    process.emit('exit', 0);
    expect(written).toEqual(['last\n']);
  });

  it('is not kept waiting for much', () => {
    writeToStandardOutput('x'.repeat(70_000), false);
    expect(written).toHaveLength(1);
  });
});
