import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const LIMIT_MS = 600_000;

/** Five seeds side by side, amid kills of every process; an even seed goes by OpsWorks, an odd one by EC2's tags. */
async function soakFive(seed: number): Promise<{ code: number | null; output: string }> {
  const goal = ['restarts', '--seed', String(seed), '--seconds', '2', '--requests', '5', '--rate', '5'];
  const args = ['-r', 'esbuild-register', 'system/soak/main.ts', ...goal];
  const run = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  run.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const limit = setTimeout(() => run.kill('SIGTERM'), LIMIT_MS - 20_000);
  const [code] = (await once(run, 'exit')) as [number | null];
  clearTimeout(limit);
  process.stdout.write(output);
  return { code, output: code === 0 ? '' : output };
}

describe('ten seeds of restarts over both sources, with a process killed every second or two', () => {
  it(
    'never have more down than the window, restart none twice, leave none down that is not named, and end',
    async () => {
      const ends = await Promise.all([soakFive(41), soakFive(42)]);
      expect(ends).toEqual([
        { code: 0, output: '' },
        { code: 0, output: '' },
      ]);
    },
    LIMIT_MS,
  );
});
