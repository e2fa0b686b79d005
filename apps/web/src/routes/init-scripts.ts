import { AppError } from '@quartermaster/foundation';
import type { Builds, InitScripts } from '@quartermaster/stores';
import type { Route } from '../api.js';
import { checkBuildCredential } from '../build-credential.js';
import { buildFieldPatterns } from '../build-fields.js';

export interface InitScriptParts {
  readonly builds: Builds;
  readonly initScripts: InitScripts;
}

/** `GET /init-scripts/{id}`: what an instance's cloud-init includes. */
export function initScriptsRoute({ builds, initScripts }: InitScriptParts): Route {
  return {
    method: 'get',
    path: '/init-scripts/:id',
    access: 'token-or-build',
    doc: {
      summary: "What an instance's cloud-init includes",
      answers: { 200: { says: 'a script', types: ['text/x-shellscript'] } },
    },
    handle: async ({ params, caller }) => {
      const id = (params['id'] ?? '').toLowerCase();
      const isId = buildFieldPatterns.uuid.test(id);
      const gone = new AppError(
        'not-found',
        'unknown-init-script',
        'There is no such init script, or its time is over.',
      );
      if (caller.kind === 'build') {
        const build = isId ? await builds.load(id) : undefined;
        if (checkBuildCredential(caller, build, Date.now()).isExpired) throw gone;
      }
      const script = isId ? await initScripts.load(id) : undefined;
      if (script === undefined) throw gone;
      return {
        status: 200,
        headers: { 'Content-Type': 'text/x-shellscript; charset=utf-8', 'Cache-Control': 'no-store' },
        content: script,
      };
    },
  };
}
