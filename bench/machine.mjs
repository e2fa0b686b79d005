// What the figures were measured on.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import { ROOT } from './processes.mjs';

const run = promisify(execFile);

export async function describeMachine() {
  const require = createRequire(import.meta.url);
  const versionOf = (name) => require(`${name}/package.json`).version;
  const read = async (command, ...args) => {
    const { stdout } = await run(command, args, { cwd: ROOT }).catch(() => ({ stdout: '' }));
    return stdout.trim();
  };
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    memory_gb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split('-')[0]} ${arch()}`,
    node: process.version,
    redis: /v=([\d.]+)/.exec(await read('redis-server', '--version'))?.[1] ?? '',
    commit: await read('git', 'rev-parse', '--short', 'HEAD'),
    packages: Object.fromEntries(
      ['express', 'joi', 'bullmq', 'ioredis', 'autocannon'].map((name) => [name, versionOf(name)]),
    ),
  };
}
