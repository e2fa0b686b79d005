import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { claim, stopLeftovers } from './single-instance.mjs';

const folder = mkdtempSync(join(tmpdir(), 'quartermaster-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'up.json');

/** A process with a mark in its command line. */
async function startMarked(mark) {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)', mark]);
  await once(child.stdout, 'data');
  return child;
}

test('names the process that holds the claim, as long as it lives', async () => {
  const holder = await startMarked('the-holder');
  writeFileSync(path, JSON.stringify({ pid: holder.pid, processes: {} }));
  assert.deepEqual(claim(path, 'the-holder', {}), { holder: holder.pid });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const claimed = claim(path, 'the-holder', {});
  assert.equal(claimed.holder, undefined);
  claimed.release();
  assert.equal(existsSync(path), false);
});

test('stops what a killed holder has left, and nothing that has only got its number', async () => {
  const left = await startMarked('apps/web');
  const stranger = await startMarked('something-else');
  writeFileSync(path, JSON.stringify({ pid: 2 ** 22, processes: { web: left.pid, worker: stranger.pid } }));
  const { leftovers, release } = claim(path, 'the-holder', { web: 'apps/web', worker: 'apps/worker' });
  assert.deepEqual(
    leftovers.map(({ name }) => name),
    ['web'],
  );
  await stopLeftovers(leftovers, 5_000);
  assert.equal(left.signalCode ?? (await once(left, 'exit'))[1], 'SIGTERM');
  assert.equal(stranger.exitCode, null);
  stranger.kill();
  release();
});

test('a file that cannot be read is no claim', () => {
  writeFileSync(path, '{');
  const claimed = claim(path, 'the-holder', {});
  assert.deepEqual(claimed.leftovers, []);
  claimed.release();
});
