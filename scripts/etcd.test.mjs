import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { etcdAnswers, etcdArguments, etcdIsInstalled } from './etcd.mjs';
import { findPort } from './ports.mjs';
import { startGroup, signalGroup } from './process-groups.mjs';

const folder = mkdtempSync(join(tmpdir(), 'quartermaster-'));
after(() => rmSync(folder, { recursive: true }));

const withoutEtcd = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_')));

async function startAndStop(ports) {
  const env = process.arch === 'x64' ? withoutEtcd : { ...withoutEtcd, ETCD_UNSUPPORTED_ARCH: process.arch };
  const group = startGroup({ command: 'etcd', args: etcdArguments(ports), cwd: folder, env, stdio: 'ignore' });
  const end = Date.now() + 20_000;
  while (!(await etcdAnswers(ports)) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  const answered = await etcdAnswers(ports);
  signalGroup(group.pid, 'SIGKILL');
  await group.ended;
  return answered;
}

test('the private etcd starts, and once more on its data with other ports after it was killed', async () => {
  assert.equal(etcdIsInstalled(), true);
  const ports = async () => ({ client: await findPort(0), peer: await findPort(0) });
  const first = await ports();
  assert.equal(await etcdAnswers(first), false);
  assert.equal(await startAndStop(first), true);
  assert.equal(await startAndStop(await ports()), true);
});
