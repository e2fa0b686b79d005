import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(__dirname, '../..');
const start = promisify(execFile);
const { version } = JSON.parse(readFileSync(join(ROOT, 'apps/cli/package.json'), 'utf8')) as { version: string };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qm-package-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Nothing of the person who runs the tests: no settings, no npm of their own. */
const env = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: folder,
  npm_config_cache: join(folder, 'cache'),
  npm_config_update_notifier: 'false',
});
const npm = (...argv: string[]): Promise<{ stdout: string }> => start('npm', argv, { cwd: ROOT, env: env() });
const installed = (name: string, ...argv: string[]): Promise<{ stdout: string }> =>
  start(join(folder, 'prefix/bin', name), argv, { cwd: folder, env: env() });

it('packs one file without dependencies, and installs for all without a network', async () => {
  await npm('pack', '-w', 'apps/cli', '--pack-destination', folder);
  const tarball = `quartermaster-cli-${version}.tgz`;
  expect(readdirSync(folder)).toContain(tarball);
  expect(statSync(join(folder, tarball)).size).toBeLessThan(1_000_000);

  await npm('install', '--global', '--offline', '--prefix', join(folder, 'prefix'), join(folder, tarball));
  const inside = join(folder, 'prefix/lib/node_modules/@quartermaster/cli');
  expect(readdirSync(inside).toSorted()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  expect(readdirSync(join(inside, 'dist')).toSorted()).toEqual(['LICENSES.txt', 'quartermaster.js']);
  expect(readFileSync(join(inside, 'dist/LICENSES.txt'), 'utf8')).toMatch(/^commander [\d.]+ \(MIT\)$/m);
});

it.each(['quartermaster', 'qm'])('runs as %s from there', async (name) => {
  expect((await installed(name, '--version')).stdout).toBe(`${version}\n`);
  expect((await installed(name, '--help')).stdout).toContain('Usage: quartermaster');
  expect((await installed(name, 'completion', 'bash')).stdout).toContain('complete -F');
});

it('has in it what it loads only when it is needed: questions and sockets', async () => {
  // A password prompt needs a terminal: without one `setup` says what to give instead.
  await expect(installed('quartermaster', 'setup')).rejects.toMatchObject({ code: 2 });
  const watching = installed(
    'qm',
    'services',
    'watch',
    'api',
    '--url',
    'http://127.0.0.1:1',
    '--token-file',
    '/etc/hostname',
  );
  await expect(watching).rejects.toMatchObject({ code: 3, stderr: expect.stringContaining('127.0.0.1:1') });
});

it('stands beside no build of other parts: it is made of the sources', () => {
  const { scripts, dependencies } = JSON.parse(readFileSync(join(ROOT, 'apps/cli/package.json'), 'utf8')) as {
    scripts: Record<string, string>;
    dependencies?: unknown;
  };
  expect(scripts['prepack']).toBe('npm run bundle');
  expect(dependencies).toBeUndefined();
});
