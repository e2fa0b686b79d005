import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '@quartermaster/testing';
import { commands } from '../../apps/cli/src/commands/index';
import { runCli } from '../../apps/cli/src/testing/run-cli';
import { openCliUser, type CliUser } from '../harness/cli';
import { startFaultServer, type Fault, type FaultServer } from './fault-server';
import { INVOCATIONS, WITHOUT_SERVER } from './invocations';

/** Secrets that stand in the settings and must stand nowhere else. */
const SECRETS = {
  QUARTERMASTER_TOKEN: 'planted-token-5f0e4f9e9a530d6a',
  QUARTERMASTER_ACCOUNT_TOKEN: 'planted-account-token-0f2d9a3c5f0e',
};
/** The pauses between repeats of a request are 4.25 s; the rest is for a busy machine. */
const LIMIT_MS = 15_000;

interface Run {
  readonly code: number | 'a bug';
  readonly stdout: string;
  readonly stderr: string;
  readonly isInTime: boolean;
}

interface Expected {
  readonly code: number;
  /** Status and reason. */
  readonly says: readonly RegExp[];
}

const NOT_OURS = /is not Quartermaster’s/;
const CUT: readonly RegExp[] = [/Can not reach/, /the connection was cut|stopped in the middle/];
const EXPECTED: Readonly<Record<Fault | 'no-server', Expected>> = {
  'no-server': { code: 3, says: [/Can not reach/, /connection refused/] },
  'wrong-token': { code: 1, says: [/40[13] (Forbidden|Unauthorized)/, /matches no token/] },
  'not-found': { code: 1, says: [/404 Not Found/, /There is no such thing/] },
  unavailable: { code: 1, says: [/503 Service Unavailable/, /Redis can not be reached/] },
  'cut-before': { code: 3, says: CUT },
  'cut-within': { code: 3, says: CUT },
  'router-502': { code: 3, says: [/502 Bad Gateway/, NOT_OURS] },
  'router-page': { code: 3, says: [NOT_OURS] },
  'no-json': { code: 3, says: [NOT_OURS] },
};
const FAULTS = Object.keys(EXPECTED) as (Fault | 'no-server')[];
const NAMES = Object.keys(INVOCATIONS);
/** They have messages of their own: see their tests. */
const OF_THEIR_OWN = new Set(['doctor', 'setup']);

async function openFault(fault: Fault | 'no-server'): Promise<Pick<FaultServer, 'url' | 'stop'>> {
  if (fault !== 'no-server') return startFaultServer(fault);
  return { url: `http://127.0.0.1:${await findFreePort()}`, stop: () => Promise.resolve() };
}

const environment = (url: string): Record<string, string> => ({
  ...SECRETS,
  QUARTERMASTER_URL: url,
  QUARTERMASTER_ACCOUNT: 'johny',
});

/** Runs every command against the fault at once: most of the time is pauses. */
async function runAll(url: string, home: string, ...more: readonly string[]): Promise<Map<string, Run>> {
  const runs = NAMES.map(async (name): Promise<[string, Run]> => {
    const argv = [...(INVOCATIONS[name] ?? '').split(' '), ...more];
    return [name, await runWithin(LIMIT_MS, argv, url, home)];
  });
  return new Map(await Promise.all(runs));
}

/** One that does not end by itself is interrupted, and fails its own test only. */
async function runWithin(limitMs: number, argv: readonly string[], url: string, home: string): Promise<Run> {
  const interruption = new AbortController();
  const limit = setTimeout(() => interruption.abort(new Error('interrupted')), limitMs);
  try {
    const run = await runCli(commands, argv, { env: environment(url), home, signal: interruption.signal });
    return { ...run, isInTime: !interruption.signal.aborted };
  } catch (error) {
    return { code: 'a bug', stdout: '', stderr: `${(error as Error).stack}`, isInTime: true };
  } finally {
    clearTimeout(limit);
  }
}

/** What is wrong in any output, whatever has happened. */
function expectNoSecretsNorBugs({ stdout, stderr }: Pick<Run, 'stdout' | 'stderr'>): void {
  const all = stdout + stderr;
  for (const secret of Object.values(SECRETS)) expect(all).not.toContain(secret);
  expect(all).not.toMatch(/^\s+at .+:\d+/m);
  expect(all).not.toMatch(/undefined|\[object Object\]|\bNaN\b|TypeError|SyntaxError|This is a bug/);
}

/** The last line, where it is neither the message nor the request. */
function adviceOf({ stderr }: Run): string {
  const [, ...below] = stderr.trimEnd().split('\n');
  const last = below.at(-1) ?? '';
  return last.includes(' → ') ? '' : last;
}

it('knows an invocation of every command', () => {
  const shown = commands.map(({ name }) => name).filter((name) => !WITHOUT_SERVER.includes(name));
  expect(NAMES.toSorted()).toEqual(shown.toSorted());
});

describe.each(FAULTS)('of a server that does this: %s', (fault) => {
  const { code, says } = EXPECTED[fault];
  let server: Pick<FaultServer, 'url' | 'stop'>;
  let runs: Map<string, Run>;
  let verbose: Map<string, Run>;
  let home: string;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'qm-faults-'));
    server = await openFault(fault);
    const { url } = server;
    [runs, verbose] = await Promise.all([runAll(url, home), runAll(url, home, '--verbose', '--json')]);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it.each(NAMES)('%s tells URL, status, reason and what to do now', (name) => {
    const run = runs.get(name);
    if (run === undefined) throw new Error('it has not been run');
    expectNoSecretsNorBugs(run);
    if (OF_THEIR_OWN.has(name)) return;
    expect({ name, ...run }).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringMatching(/^Error: /),
      isInTime: true,
    });
    expect(run.stderr).toContain(server.url.replace('http://', ''));
    for (const text of says) expect(run.stderr).toMatch(text);
    expect(adviceOf(run)).toMatch(/^ {2}[A-Z`].{20,}/);
  });

  it.each(NAMES)('%s --verbose --json keeps the secrets, and standard output clean', (name) => {
    const run = verbose.get(name);
    if (run === undefined) throw new Error('it has not been run');
    expectNoSecretsNorBugs(run);
    if (OF_THEIR_OWN.has(name)) return;
    expect({ name, ...run }).toMatchObject({ code, stdout: '', isInTime: true });
  });

  it('setup writes nothing, but where the server is right and can not work for a while', () => {
    const isTaken = fault === 'unavailable';
    expect(runs.get('setup')?.code).toBe(isTaken ? 0 : code);
    expect(existsSync(join(home, '.config'))).toBe(isTaken);
  });

  it('doctor says what it has found as far as it gets', () => {
    const run = runs.get('doctor');
    expect(run?.code).toBe(code);
    expect(run?.stdout).toContain(server.url);
    expect(() => JSON.parse(verbose.get('doctor')?.stdout ?? '') as unknown).not.toThrow();
  });
});

describe('the real program', () => {
  let user: CliUser;
  beforeAll(() => {
    user = openCliUser();
  });
  afterAll(() => user.leave());

  it.each(FAULTS)('ends with the same code and words: %s', async (fault) => {
    const server = await openFault(fault);
    const sample = ['list', 'build', 'couchdb list', 'register'].map(async (name) => {
      const run = await user.run((INVOCATIONS[name] ?? '').split(' '), { env: environment(server.url) });
      return { name, ...run };
    });
    for (const run of await Promise.all(sample)) {
      expectNoSecretsNorBugs(run);
      expect(run).toMatchObject({ code: EXPECTED[fault].code, stdout: '' });
      for (const text of EXPECTED[fault].says) expect(run.stderr).toMatch(text);
    }
    await server.stop();
  });
});
