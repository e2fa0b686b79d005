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
