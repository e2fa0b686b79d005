// One bin/up per checkout: a file names the one that runs and its processes, so that a later one can tell whether it
// still does, and can stop what a killed one has left.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { signalProcess } from './process-groups.mjs';

/** The command line of a process; empty when there is none. */
function commandLine(pid) {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

function readRecord(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { pid: undefined, processes: {} };
  }
}

function writeNew(path, record) {
  try {
    writeFileSync(path, JSON.stringify(record), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Claims the file for this process. When another one that is alive holds it, `{ holder: pid }`. Otherwise `leftovers`, the
 * processes that a killed holder has left: a process counts as left over when its command line still has its mark.
 * @param {string} path
 * @param {string} ownMark what the command line of a living holder contains
 * @param {Record<string, string>} marks what the command line of each process contains, by name
 */
export function claim(path, ownMark, marks) {
  const own = { pid: process.pid, processes: {} };
  let leftovers = [];
  while (!writeNew(path, own)) {
    const former = readRecord(path);
    if (former.pid !== process.pid && commandLine(former.pid).includes(ownMark)) return { holder: former.pid };
    leftovers = Object.entries(former.processes)
      .map(([name, pid]) => ({
        name,
        pid,
        isAlive: () => Boolean(marks[name]) && commandLine(pid).includes(marks[name]),
      }))
      .filter(({ isAlive }) => isAlive());
    rmSync(path, { force: true });
  }
  return {
    leftovers,
    note: (processes) => writeFileSync(path, JSON.stringify({ ...own, processes })),
    release: () => rmSync(path, { force: true }),
  };
}

/** Stops what a killed bin/up has left: asked first, killed when that takes longer than `limitMs`. */
export async function stopLeftovers(leftovers, limitMs) {
  for (const { pid } of leftovers) signalProcess(pid, 'SIGTERM');
  const end = Date.now() + limitMs;
  while (leftovers.some(({ isAlive }) => isAlive())) {
    if (Date.now() > end) for (const { pid, isAlive } of leftovers) if (isAlive()) signalProcess(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
