import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
/** Two minutes of requests amid kills, and what comes to rest afterwards. */
const LIMIT_MS = 900_000;

describe('two minutes of builds and terminations, with a process killed every second or two', () => {
  it(
    'lose nothing, double nothing and leave nothing behind',
    async () => {
      // Moderate, for other tests run beside it.
      const goal = ['builds', '--seed', '20261120', '--seconds', '120', '--rate', '4'];
      const args = ['-r', 'esbuild-register', 'system/soak/main.ts', ...goal];
      const run = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      run.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const limit = setTimeout(() => run.kill('SIGTERM'), LIMIT_MS - 20_000);
      const [code] = (await once(run, 'exit')) as [number | null];
      clearTimeout(limit);
      process.stdout.write(output);
      expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    },
    LIMIT_MS,
  );
});
