import { createSilentLogger, type Logger } from './logging.js';
import { createShutdown } from './shutdown.js';

const never = (): Promise<void> => new Promise(() => undefined);

describe('a shutdown', () => {
  it('stops the parts in reverse, each once, and ends the process with its code', async () => {
    const seen: string[] = [];
    const shutdown = createShutdown(createSilentLogger(), (code) => void seen.push(`exit ${code}`));
    shutdown.onStop('redis', () => void seen.push('redis'));
    shutdown.onStop('workers', async () => void seen.push('workers'));
    await Promise.all([shutdown.stop('SIGTERM'), shutdown.stop('SIGTERM')]);
    expect(seen).toEqual(['workers', 'redis', 'exit 0']);
  });

  it('leaves a part behind that is slower than its limit or fails, and stops the others', async () => {
    const seen: string[] = [];
    const warnings: unknown[] = [];
    const log: Logger = { ...createSilentLogger(), warn: (_message, fields) => void warnings.push(fields?.['part']) };
    const shutdown = createShutdown(log, (code) => void seen.push(`exit ${code}`));
    shutdown.onStop('redis', () => void seen.push('redis'));
    shutdown.onStop('queues', () => Promise.reject(new Error('closed already')));
    shutdown.onStop('workers', never, 20);
    await shutdown.stop('SIGTERM');
    expect(seen).toEqual(['redis', 'exit 0']);
    expect(warnings).toEqual(['workers', 'queues']);
  });
});

describe('an error that nobody caught', () => {
  const crash = (tell?: (error: unknown) => Promise<unknown>): { seen: string[]; happen: (error: Error) => void } => {
    const seen: string[] = [];
    const shutdown = createShutdown(createSilentLogger(), (code) => void seen.push(`exit ${code}`));
    if (tell !== undefined) shutdown.onCrash(tell);
    const listener = process.listeners('uncaughtException').at(-1);
    return { seen, happen: (error) => listener?.(error, 'uncaughtException') };
  };

  it('ends the process at once where nobody else is to be told', () => {
    const { seen, happen } = crash();
    happen(new Error('bug'));
    expect(seen).toEqual(['exit 1']);
  });

  it('is told first, whatever comes of that; a second one ends the process at once', async () => {
    const told: unknown[] = [];
    const { seen, happen } = crash(async (error) => {
      told.push(error);
      throw new Error('no route to Sentry');
    });
    happen(new Error('bug'));
    expect(seen).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect([told.length, seen]).toEqual([1, ['exit 1']]);

    let end = (): void => undefined;
    const slow = crash(() => new Promise<void>((resolve) => (end = resolve)));
    slow.happen(new Error('bug'));
    await Promise.resolve();
    slow.happen(new Error('another'));
    expect(slow.seen).toEqual(['exit 1']);
    end();
  });
});
