// Exits 0 when node_modules holds what package-lock.json says, 1 when `npm ci` is needed.
// npm notes what it has installed in node_modules/.package-lock.json; that survives neither `npm ci` nor an aborted one.
import { readFileSync } from 'node:fs';

/** Path → entry, e.g. `node_modules/joi` → `{ version, integrity }`; undefined when there is no such file. */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const wanted = readPackages('package-lock.json');
const installed = readPackages('node_modules/.package-lock.json');

// Optional packages are for other platforms; what is not below node_modules is a workspace itself.
const isMissing = ([path, entry]) =>
  path.includes('node_modules/') &&
  !entry.optional &&
  (installed[path]?.version !== entry.version || installed[path]?.integrity !== entry.integrity);

process.exitCode = wanted && installed && !Object.entries(wanted).some(isMissing) ? 0 : 1;
