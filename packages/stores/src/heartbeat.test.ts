import { createFigureBook, createSilentLogger } from '@quartermaster/foundation';
import { startHeartbeat, type HeartOptions } from './heartbeat.js';
import type { Heartbeat, ProcessBoard } from './processes.js';

/** The first beat of a process, as the board gets it. */
async function firstBeat(options: Partial<HeartOptions>): Promise<Heartbeat> {
  const beats: Heartbeat[] = [];
  const board: ProcessBoard = {
    beat: (heartbeat) => Promise.resolve(void beats.push(heartbeat)),
    handOver: () => Promise.resolve(),
    loadFigures: () => Promise.resolve(new Map()),
    remove: () => Promise.resolve(),
    list: () => Promise.resolve([]),
  };
  const figures = createFigureBook();
  const heart = startHeartbeat({
    board,
    process: 'worker',
    version: '1.0.0',
    figures,
    log: createSilentLogger(),
    ...options,
  });
  await heart.stop();
  const [beat] = beats;
  if (beat === undefined) throw new Error('there was no beat');
  return beat;
}

it('says in which region a process works, where it works in one', async () => {
  expect(await firstBeat({ queues: ['tasks'], region: 'eu-west-1' })).toMatchObject({
    process: 'worker',
    queues: ['tasks'],
    region: 'eu-west-1',
  });
  expect(await firstBeat({ process: 'web' })).not.toHaveProperty('region');
});
