import type { Api } from '../../api/api.js';
import { ApiFailure } from '../../api/api-failure.js';
import { readGreeting, type Greeting } from '../../api/greeting.js';
import type { Overview } from '../../api/overview.js';
import { PROGRAM } from '../../context.js';
import { Failure } from '../../failures.js';
import { spanOf } from '../../output/time.js';
import { ok, problemOf, warning, type Check } from './check.js';
import { checkOverview } from './overview.js';

/** Longer than any of these answers takes. */
const TIMEOUT_MS = 10_000;
/** The `Date` header is to the second, and the answer was under way. */
const CLOCK_LIMIT_MS = 30_000;

export interface Examination {
  readonly api: Api;
  readonly hasToken: boolean;
  /** Of this program. */
  readonly version: string;
  readonly now: () => number;
}

/** Looks at the server, from the outside in; ends where there is nothing more to be seen. */
export async function* examineServer({ api, hasToken, version, now }: Examination): AsyncGenerator<Check> {
  const startedAt = now();
  let greeting: Greeting;
  try {
    greeting = await readGreeting(api, { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    yield failureOf('server', error);
    return;
  }
  yield ok('server', `${api.url} answers in ${now() - startedAt} ms`);
  yield checkVersion(greeting.version, version);
  if (greeting.time !== undefined) yield checkClock(greeting.time - now());
  yield* checkReadiness(api);
  if (!hasToken) return;
  const token = await checkToken(api);
  yield token;
  if (token.state === 'problem') return;
  try {
    const { body } = await api.request<Overview>({ method: 'GET', path: '/processes', timeoutMs: TIMEOUT_MS });
    yield* checkOverview(body);
  } catch (error) {
    yield failureOf('processes', error);
  }
}

/** Warns where the first two numbers differ. */
function checkVersion(server: string, own: string): Check {
  const [theirs, ours] = [server, own].map((version) => version.split('.').slice(0, 2).join('.'));
  if (theirs === ours) return ok('version', `the server is ${server}, this program ${own}`);
  const next = 'A command may be unknown to the other side: install the version of the server.';
  return warning('version', `the server is ${server}, this program ${own}`, next);
}

/** @param ahead by how many milliseconds the server's clock is ahead. */
function checkClock(ahead: number): Check {
  const off = `the server’s is ${spanOf(Math.abs(ahead) / 1000)} ${ahead < 0 ? 'behind' : 'ahead of'} this machine’s`;
  if (Math.abs(ahead) <= CLOCK_LIMIT_MS) return ok('clock', 'the server’s and this machine’s agree');
  return warning('clock', off, 'Times like “3m ago” are wrong by as much; set the clock that is off.');
}

async function* checkReadiness(api: Api): AsyncGenerator<Check> {
  try {
    const { body } = await api.request<{ readonly warnings?: readonly string[] }>({
      method: 'GET',
      path: '/readyz',
      isAnonymous: true,
      timeoutMs: TIMEOUT_MS,
    });
    const { warnings = [] } = body;
    for (const one of warnings) yield warning('readiness', one);
    if (warnings.length === 0) yield ok('readiness', 'the server can work, and finds nothing wrong with Redis');
  } catch (error) {
    const check = failureOf('readiness', error);
    yield error instanceof ApiFailure ? { ...check, next: 'Who operates the server must look at its Redis.' } : check;
  }
}

/** A route for admins tells three things apart: who is unknown, who is known, and who is an admin. */
async function checkToken(api: Api): Promise<Check> {
  try {
    await api.request({ method: 'GET', path: '/accounts', timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (!(error instanceof ApiFailure)) return failureOf('token', error);
    if (error.code === 'admin-only') return ok('token', 'accepted; not an admin’s, which accounts and force need');
    // Whoever is told that Redis is down has been let in.
    if (error.status !== 503) return failureOf('token', error);
  }
  return ok('token', 'accepted, an admin’s');
}

function failureOf(name: string, error: unknown): Check {
  if (!(error instanceof Failure)) throw error;
  const check = problemOf(name, error);
  // It would name this command.
  return error instanceof ApiFailure && error.status >= 500
    ? { ...check, next: `Try again in a moment; \`${PROGRAM} doctor --verbose\` shows each request.` }
    : check;
}
