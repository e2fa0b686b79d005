import Module from 'node:module';
import { sep } from 'node:path';

/** What a plug-in may ask for without having it installed. */
const LENT = /^(joi|@quartermaster\/[a-z-]+)(\/|$)/;

type Resolve = (this: unknown, request: string, parent: NodeJS.Module | undefined, ...rest: unknown[]) => string;

const folders = new Set<string>();

/**
 * Files below `folder` can `require` joi and the house's packages, wherever the folder is: they get the house's own, where
 * they have none themselves. The same copies, so that a thrown `RetryLater` is known by its class.
 *
 * `Module._resolveFilename` is not a documented function, but what all tools that redirect `require` replace, from Node 0.x to
 * 24; `module.registerHooks`, its documented successor, is missing in Node 20. `NODE_PATH` would have to be set before the process
 * starts, wherever that is done, and would lend everything to everybody.
 */
export function lendModules(folder: string): void {
  if (folders.size === 0) replaceResolution();
  folders.add(folder + sep);
}

function replaceResolution(): void {
  const loader = Module as unknown as { _resolveFilename: Resolve };
  const resolve = loader._resolveFilename;
  loader._resolveFilename = function resolveOrLend(request, parent, ...rest) {
    try {
      return resolve.call(this, request, parent, ...rest);
    } catch (error) {
      if (!LENT.test(request) || !isBorrower(parent?.filename)) throw error;
      return resolve.call(this, request, module, ...rest);
    }
  };
}

function isBorrower(file: string | null | undefined): boolean {
  return typeof file === 'string' && [...folders].some((folder) => file.startsWith(folder));
}
