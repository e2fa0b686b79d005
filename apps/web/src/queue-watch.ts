import type { QueueName } from '@quartermaster/jobs';
import type { ProcessBoard } from '@quartermaster/stores';

/** Tells callers when nobody is there to do what they ask for. */
export interface QueueWatch {
  /** The header `Warning` (RFC 7234) for an answer to work in a queue that no living worker serves; else nothing. */
  warning(queue: QueueName): Promise<Record<string, string>>;
}

/** How long (ms) a look at the processes counts: every request asks. */
const LOOK_MS = 2_000;

export function createQueueWatch(board: ProcessBoard, now: () => number = Date.now): QueueWatch {
  let lookedAt = -Infinity;
  let served: Promise<ReadonlySet<string>> = Promise.resolve(new Set());
  const look = async (): Promise<ReadonlySet<string>> => {
    const alive = (await board.list(now())).filter((process) => process.alive);
    return new Set(alive.flatMap(({ queues }) => queues));
  };
  return {
    warning: async (queue) => {
      if (now() - lookedAt > LOOK_MS) {
        lookedAt = now();
        served = look();
      }
      try {
        if ((await served).has(queue)) return {};
      } catch {
        // The work is accepted; that nobody can tell who serves it must not make the answer an error.
        return {};
      }
      return { Warning: `199 quartermaster "No worker serves the queue ${queue} at the moment; the work waits"` };
    },
  };
}
