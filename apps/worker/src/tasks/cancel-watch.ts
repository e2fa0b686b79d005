import type { TaskStatus } from '@quartermaster/stores';
import { TaskCancelled } from '@quartermaster/tasks';

/** Whether somebody has cancelled a task while it runs. */
export interface CancelWatch {
  /** Aborted with `TaskCancelled`. */
  readonly signal: AbortSignal;
  /** Looks now. */
  look(): Promise<boolean>;
  /** For who has seen the record anyway. */
  seen(status: TaskStatus): void;
  stop(): void;
}

/** Looks every `everyMs`, until it is stopped or has seen a cancel. A look that fails is no answer; the next one is. */
export function watchCancel(statusOf: () => Promise<TaskStatus | undefined>, everyMs = 1000): CancelWatch {
  const abort = new AbortController();
  const seen = (status: TaskStatus | undefined): void => {
    if (status !== 'CANCELLED') return;
    clearInterval(timer);
    abort.abort(new TaskCancelled());
  };
  const look = async (): Promise<boolean> => {
    seen(await statusOf());
    return abort.signal.aborted;
  };
  const timer = setInterval(() => void look().catch(() => undefined), everyMs);
  return { signal: abort.signal, look, seen, stop: () => clearInterval(timer) };
}
