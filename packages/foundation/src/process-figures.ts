import { monitorEventLoopDelay } from 'node:perf_hooks';
import { onCloudCall } from './cloud-calls.js';
import { createFigureBook, type FigureBook } from './figures.js';

/** How often (ms) the event loop's delay is looked at; what is measured is what comes on top of that. */
const RESOLUTION_MS = 20;
/** A look at the delay (ms) covers at least this time: who asks in between gets the one before. */
const LAG_SPAN_MS = 5_000;

/** A book that has what is of interest of every process: its memory, how busy it is, what it asks of the outside. */
export function createProcessFigures(): FigureBook {
  const book = createFigureBook();
  onCloudCall(({ service, operation, outcome }) => book.count('cloud_calls', `${service}|${operation}|${outcome}`));
  book.level('memory', () => {
    const { heapUsed, rss } = process.memoryUsage();
    return { heap: heapUsed, resident: rss };
  });
  const readLag = watchEventLoop();
  book.level('event_loop_lag', () => ({ '': readLag() }));
  return book;
}

/** The longest delay (s) of the event loop in the last few seconds. */
function watchEventLoop(): () => number {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let lag = 0;
  let since = performance.now();
  return () => {
    const now = performance.now();
    const longest = Math.max(0, delays.max / 1e6 - RESOLUTION_MS) / 1000;
    if (now - since < LAG_SPAN_MS) return Math.max(lag, longest);
    lag = longest;
    since = now;
    delays.reset();
    return lag;
  };
}
