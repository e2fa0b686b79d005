import { createSilentLogger } from '@quartermaster/foundation';
import { watchConsumption, type ConsumptionOptions } from './consumption.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function watch(changes: Partial<ConsumptionOptions> = {}): {
  stopped: string[];
  offered: () => number;
  taken: () => void;
} {
  const stopped: string[] = [];
  let offered = 0;
  const consumption = watchConsumption({
    queue: 'tasks',
    offer: async () => void (offered += 1),
    isPaused: () => Promise.resolve(false),
    hasFreeSlot: () => true,
    intervalMs: 1000,
    onStopped: (queue) => stopped.push(queue),
    log: createSilentLogger(),
    ...changes,
  });
  return { stopped, offered: () => offered, taken: () => consumption.taken() };
}

describe('a worker that has stopped consuming', () => {
  it('is found out by canaries that nobody takes, once', async () => {
    const { stopped, offered } = watch();
    await jest.advanceTimersByTimeAsync(6500);
    expect([stopped, offered()]).toEqual([[], 6]);
    await jest.advanceTimersByTimeAsync(60_000);
    expect([stopped, offered()]).toEqual([['tasks'], 6]);
  });

  it('is none as long as it takes a job now and then', async () => {
    const { stopped, taken } = watch();
    for (let minute = 0; minute < 5; minute += 1) {
      await jest.advanceTimersByTimeAsync(5500);
      taken();
    }
    expect(stopped).toEqual([]);
  });

  it('is none while all its slots are busy, its queue is paused, or Redis is away', async () => {
    const busy = watch({ hasFreeSlot: () => false });
    const paused = watch({ isPaused: () => Promise.resolve(true) });
    const away = watch({ offer: () => Promise.reject(new Error('Connection is closed')) });
    await jest.advanceTimersByTimeAsync(60_000);
    expect([busy.stopped, paused.stopped, away.stopped]).toEqual([[], [], []]);
  });
});
