import type { Api } from '../../api/api.js';
import { ApiFailure } from '../../api/api-failure.js';
import { readGreeting } from '../../api/greeting.js';
import type { Account } from '../../config/settings.js';
import { EXIT, Failure } from '../../failures.js';

/** What was seen of a server that takes the settings. */
export interface CheckedServer {
  readonly version: string;
  /** Why it can not do its work at the moment, though it takes the token. */
  readonly trouble?: string;
}

/** Whether the server is there and takes the token, and the account if there is one. @throws Failure where it does not. */
export async function checkServer(api: Api, account: Account | undefined): Promise<CheckedServer> {
  const { version } = await readGreeting(api, { timeoutMs: 15_000 });
  const trouble =
    (await troubleOf(() => api.get('/processes'))) ??
    (account && (await troubleOf(() => listClusters(api, account).catch(explainAccount(account)))));
  return { version, ...(trouble !== undefined && { trouble }) };
}

/** Who is told that the server can not work has been let in. */
async function troubleOf(ask: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 503) return error.message;
    throw error;
  }
}

async function listClusters(api: Api, { username, token }: Account): Promise<void> {
  await api.request({
    method: 'POST',
    path: '/v0/list',
    form: { username, token },
    isAnonymous: true,
    isQuestion: true,
  });
}

function explainAccount({ username }: Account): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ApiFailure) || error.status !== 401) throw error;
    const { request } = error.details;
    throw new Failure(EXIT.failed, `The server does not take the CouchDB account ${username} with this token.`, {
      ...(request !== undefined && { request }),
      next: 'An admin makes one, or a new token for it: `quartermaster accounts --help`.',
    });
  };
}
