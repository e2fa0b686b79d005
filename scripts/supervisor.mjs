// Keeps a set of processes running, and stops them in order.
import { createInterface } from 'node:readline';
import { signalGroup, signalProcess, startGroup } from './process-groups.mjs';

const RESTART_AFTER_MS = 1000;
/** So many ends within the window, and it is no use to start a process again. */
const ENDS_AT_MOST = 5;
const WINDOW_MS = 30_000;
const KEPT_LINES = 20;

/**
 * A process is `{ name, command, args, env, cwd, stopWithinMs, isJob? }`. `stopWithinMs` counts from the beginning of the
 * shutdown: processes with a smaller figure are stopped before those with a larger one, and killed when theirs has passed.
 * A job runs once; anything else is started again when it ends.
 * @param {{ write: (name: string, line: string) => void, onChange: (pids: Record<string, number>) => void,
 *   onGiveUp: (reason: string) => void }} options
 */
export function createSupervisor({ write, onChange, onGiveUp }) {
  const entries = new Map();
  let stopped;

  const changed = () => {
    const running = [...entries.values()].filter((entry) => entry.group?.pid !== undefined);
    onChange(Object.fromEntries(running.map((entry) => [entry.spec.name, entry.group.pid])));
  };

  function start(entry) {
    const { name } = entry.spec;
    const group = startGroup({ ...entry.spec, stdio: ['ignore', 'pipe', 'pipe'] });
    entry.group = group;
    for (const stream of [group.child.stdout, group.child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        entry.lines = [...entry.lines.slice(1 - KEPT_LINES), line];
        write(name, line);
      });
    }
    changed();
    return group.ended.then((end) => {
      entry.group = undefined;
      changed();
      return end;
    });
  }

  async function keep(entry) {
    for (;;) {
      if (stopped) return;
      const { how } = await start(entry);
      if (stopped) return;
      const now = Date.now();
      entry.ends = [...entry.ends.filter((time) => time > now - WINDOW_MS), now];
      if (entry.ends.length >= ENDS_AT_MOST) {
        onGiveUp(`${entry.spec.name} ended ${ENDS_AT_MOST} times within ${WINDOW_MS / 1000} s (${how}).`, entry.lines);
        return;
      }
      write('up', `${entry.spec.name} ended by itself (${how}); it is started again in ${RESTART_AFTER_MS / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, RESTART_AFTER_MS));
    }
  }

  async function end(entry, since) {
    const { group, spec } = entry;
    if (!group) return;
    if (spec.isJob) signalGroup(group.pid, 'SIGTERM');
    else signalProcess(group.pid, 'SIGTERM');
    const limit = setTimeout(
      () => {
        write('up', `${spec.name} has not stopped in ${spec.stopWithinMs / 1000} s; it is killed`);
        signalGroup(group.pid, 'SIGKILL');
      },
      Math.max(0, since + spec.stopWithinMs - Date.now()),
    );
    await group.ended;
    clearTimeout(limit);
  }

  async function stopAll() {
    const since = Date.now();
    const limits = [...new Set([...entries.values()].map((entry) => entry.spec.stopWithinMs))].sort((a, b) => a - b);
    for (const limit of limits) {
      const phase = [...entries.values()].filter((entry) => entry.spec.stopWithinMs === limit);
      await Promise.all(phase.map((entry) => end(entry, since)));
    }
  }

  const add = (spec) => {
    const entry = { spec, lines: [], ends: [], group: undefined };
    entries.set(spec.name, entry);
    return entry;
  };

  return {
    /** Keeps a process running until `stop`. */
    keep: (spec) => {
      if (!stopped) void keep(add(spec));
    },
    /** Runs a job to its end; returns how it ended. */
    run: async (spec) => (stopped ? { how: 'not started' } : await start(add({ ...spec, isJob: true }))),
    /** The last lines that a process wrote. */
    lastLines: (name) => entries.get(name)?.lines ?? [],
    isRunning: () => [...entries.values()].some((entry) => entry.group !== undefined),
    /** Stops everything, once; resolves when nothing is left. */
    stop: () => (stopped ??= stopAll()),
    /** Ends everything at once, without waiting. */
    kill: () => {
      for (const { group } of entries.values()) signalGroup(group?.pid, 'SIGKILL');
    },
  };
}
