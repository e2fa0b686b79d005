import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createSupervisor } from './supervisor.mjs';

const program = (name, code, stopWithinMs = 5_000) => ({
  name,
  command: process.execPath,
  args: ['-e', code],
  cwd: process.cwd(),
  stopWithinMs,
});
const SAYS_AND_STAYS = `console.log('up'); process.on('SIGTERM', () => { console.log('stopped'); process.exit(); }); setInterval(() => {}, 1000);`;
const IS_DEAF = `process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000);`;

/** A supervisor whose lines, processes and giving up can be seen. */
function observed() {
  const seen = { lines: [], pids: {}, gaveUp: undefined };
  const supervisor = createSupervisor({
    write: (name, line) => seen.lines.push(`${name}: ${line}`),
    onChange: (pids) => (seen.pids = pids),
    onGiveUp: (reason) => (seen.gaveUp = reason),
  });
  return { supervisor, seen };
}

async function until(condition, limitMs = 20_000) {
  const end = Date.now() + limitMs;
  while (!condition()) {
    assert.ok(Date.now() < end, `waited in vain for: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether a process runs; one that has ended and that nobody has asked about yet (a zombie) does not. */
function isAlive(pid) {
  try {
    if (process.platform === 'linux') return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('stops processes in the order of their limits', async () => {
  const { supervisor, seen } = observed();
  supervisor.keep(program('last', SAYS_AND_STAYS, 9_000));
  supervisor.keep(program('first', SAYS_AND_STAYS, 8_000));
  await until(() => seen.lines.length === 2);
  const pids = Object.values(seen.pids);
  await supervisor.stop();
  await until(() => seen.lines.length === 4);
  assert.deepEqual(seen.lines.slice(2), ['first: stopped', 'last: stopped']);
  assert.deepEqual(pids.filter(isAlive), []);
});

test('starts a process again that was killed', async () => {
  const { supervisor, seen } = observed();
  supervisor.keep(program('web', SAYS_AND_STAYS));
  await until(() => seen.lines.includes('web: up'));
  const former = seen.pids.web;
  process.kill(former, 'SIGKILL');
  await until(() => seen.lines.filter((line) => line === 'web: up').length === 2);
  assert.notEqual(seen.pids.web, former);
  assert.match(seen.lines.join('\n'), /up: web ended by itself \(SIGKILL\)/);
  await supervisor.stop();
});

test('gives up on a process that cannot live, and keeps its last lines', async () => {
  const { supervisor, seen } = observed();
  supervisor.keep(program('web', `console.error('no config'); process.exit(3);`));
  await until(() => seen.gaveUp !== undefined);
  assert.match(seen.gaveUp, /^web ended 5 times within 30 s \(code 3\)/);
  assert.ok(supervisor.lastLines('web').includes('no config'));
  await supervisor.stop();
});

test('kills a process that does not hear SIGTERM when its limit has passed', async () => {
  const { supervisor, seen } = observed();
  supervisor.keep(program('web', IS_DEAF, 300));
  await until(() => seen.lines.includes('web: up'));
  const { web } = seen.pids;
  await supervisor.stop();
  assert.equal(isAlive(web), false);
  assert.ok(seen.lines.includes('up: web has not stopped in 0.3 s; it is killed'));
});

test('leaves nothing that a process has started itself', async () => {
  const { supervisor, seen } = observed();
  const parent = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    console.log(child.pid); setInterval(() => {}, 1000);`;
  supervisor.keep(program('worker', parent));
  await until(() => seen.lines.length === 1);
  const grandchild = Number(seen.lines[0].slice('worker: '.length));
  assert.ok(isAlive(grandchild));
  await supervisor.stop();
  await until(() => !isAlive(grandchild));
});

test('starts nothing once it is stopping', async () => {
  const { supervisor, seen } = observed();
  await supervisor.stop();
  supervisor.keep(program('web', SAYS_AND_STAYS));
  assert.deepEqual(await supervisor.run(program('build', '')), { how: 'not started' });
  assert.deepEqual(seen.pids, {});
});
