import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { lendModules } from './lend-modules.js';

/** A folder of `TASKS_DIR`. */
export interface PlugIn {
  readonly name: string;
  readonly folder: string;
}

const requireHere = createRequire(__filename);

/** The folders in a folder, in order; hidden ones and `node_modules` are none of ours. */
export function listPlugIns(tasksFolder: string): PlugIn[] {
  return readdirSync(tasksFolder)
    .filter((name) => !name.startsWith('.') && name !== 'node_modules')
    .map((name) => ({ name, folder: join(tasksFolder, name) }))
    .filter(({ folder }) => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What its entry exports. Throws what the entry throws, or why there is nothing to load. */
export function loadPlugIn({ folder }: PlugIn): unknown {
  const real = realpathSync(folder);
  const entry = entryOf(real);
  if (isEsModule(entry)) {
    throw new Error('it is an ES module; a task is CommonJS (compile it so, or leave out "type": "module")');
  }
  lendModules(real);
  return requireHere(entry) as unknown;
}

/** As Node finds it: `main` of its package.json, else `index.js`. */
function entryOf(folder: string): string {
  try {
    return requireHere.resolve(folder);
  } catch (error) {
    if (existsSync(join(folder, 'index.mjs'))) return join(folder, 'index.mjs');
    throw new Error('it has no index.js', { cause: error });
  }
}

/** By Node's rule: the ending, else the `type` of the nearest package.json (nodejs.org/api/packages.html#type). */
function isEsModule(file: string): boolean {
  if (!file.endsWith('.js')) return file.endsWith('.mjs');
  for (let folder = dirname(file), above = ''; folder !== above; above = folder, folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest))
      return (JSON.parse(readFileSync(manifest, 'utf8')) as { type?: string }).type === 'module';
  }
  return false;
}
