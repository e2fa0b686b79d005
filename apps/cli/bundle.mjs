// Makes dist/quartermaster.js, the whole program in one file, and beside it the licences of the libraries in it.
import { build } from 'esbuild';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));

const { metafile } = await build({
  absWorkingDir: HERE,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/quartermaster.js',
  bundle: true,
  platform: 'node',
  target: 'node20',
  alias: { '@quartermaster/discovery-client': join(HERE, '../../packages/discovery-client/src/index.ts') },
  logLevel: 'warning',
  metafile: true,
});

/** The folder of the package that a bundled file is of; undefined for our own. */
function packageOf(input) {
  const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
  return found === null ? undefined : join(HERE, found[1]);
}

const folders = new Set(Object.keys(metafile.inputs).map(packageOf));
folders.delete(undefined);
const notices = [...folders]
  .toSorted((a, b) => a.localeCompare(b))
  .map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text =
      file !== undefined && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : '';
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
writeFileSync(join(HERE, 'dist/LICENSES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
