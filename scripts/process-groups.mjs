// Starting programs in process groups of their own, and signals to whole groups.
// A group of its own keeps a terminal's Ctrl-C from the children (whoever started them stops them in good order), and
// makes that nothing which a child has started outlives it.
import { spawn } from 'node:child_process';

/**
 * Starts a program as the leader of a new group. `ended` settles once, never rejects, with a text that says how it ended
 * (`code 1`, `SIGKILL`, `cannot start: …`) and the exit code, if there is one.
 */
export function startGroup({ command, args = [], env, cwd, stdio }) {
  const child = spawn(command, args, { env, cwd, stdio, detached: true });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ how: `cannot start: ${error.message}` }));
    child.once('exit', (code, signal) => {
      signalGroup(child.pid, 'SIGKILL');
      resolve({ how: signal ?? `code ${code}`, code: code ?? undefined });
    });
  });
  return { child, pid: child.pid, ended };
}

/** Sends a signal to a group; one that has gone is no error. */
export function signalGroup(pid, signal) {
  return send(-pid, signal);
}

/** Sends a signal to one process; one that has gone is no error. Returns whether it was there. */
export function signalProcess(pid, signal) {
  return send(pid, signal);
}

function send(pid, signal) {
  if (!Number.isInteger(pid)) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    // EPERM on macOS: a group of which only zombies are left.
    if (error.code === 'ESRCH' || error.code === 'EPERM') return false;
    throw error;
  }
}
