import type { Variables } from '@quartermaster/foundation';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { miniWorkerVariables } from '../../apps/mini-worker/src/config';
import { webVariables } from '../../apps/web/src/config';
import { workerVariables } from '../../apps/worker/src/config';
import { neededBy, PROCESSES, variablesOf } from './own-variables';

const ROOT = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface AppJson {
  readonly stack: string;
  readonly success_url: string;
  readonly buildpacks: readonly { url: string }[];
  readonly formation: Readonly<Record<string, { quantity: number; size: string }>>;
  readonly addons: readonly string[];
  readonly env: Readonly<
    Record<string, { description?: string; value?: string; required?: boolean; generator?: string }>
  >;
}
const app = JSON.parse(read('app.json')) as AppJson;
const { scripts, engines } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  engines: { node: string };
};

const SCHEMAS: readonly Variables[] = [webVariables, workerVariables, miniWorkerVariables];

/** What somebody who fills in the form of the button has to know more of, or other things. */
const OWN_WORDS = [
  'AUTH_TOKEN',
  'INIT_SCRIPT_KEY',
  'WEB_URL',
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'REDIS_TLS_REJECT_UNAUTHORIZED',
  'WEB_CONCURRENCY',
  'SLACK_TOKEN',
  'SLACK_CHANNEL',
  'METRICS_TOKEN',
];
const describedBy = (flags: { readonly description?: string } | undefined): string => String(flags?.description);
const reference = read('docs/configuration.md');

/** Read by a process, and not for an operator on Heroku to set. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  REDIS_URL: 'the add-on sets it',
  PORT: 'Heroku chooses it for each dyno',
  HOST: 'the router reaches a dyno on all addresses only, which is the default',
  SLACK_API_URL: "another address than Slack's own is for the sandbox",
  AWS_ENDPOINT_URL: "another address than Amazon's is for the sandbox",
  AWS_SESSION_TOKEN: 'goes with temporary keys, which would end while the app runs',
  CRASH_POINT: 'kills the process; for tests',
};

describe('app.json', () => {
  it('names every variable that some process reads, but for those left out for a reason', () => {
    const all = new Set(PROCESSES.flatMap(variablesOf));
    const wanted = [...all].filter((name) => LEFT_OUT[name] === undefined);
    expect(Object.keys(app.env).sort()).toEqual(wanted.sort());
    expect(Object.keys(LEFT_OUT).filter((name) => !all.has(name))).toEqual([]);
  });

  it('describes each, and asks only for what has no value to begin with', () => {
    const entries = Object.entries(app.env);
    expect(entries.filter(([, { description = '' }]) => description.length < 10)).toEqual([]);
    const asked = entries.filter(
      ([, { value, generator, required }]) => value === undefined && generator === undefined && required !== false,
    );
    expect(asked.map(([name]) => name)).toEqual(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']);
  });

  it('asks for no address: Heroku chooses it when the app is made, and the worker waits for it', () => {
    expect(app.env['WEB_URL']).toMatchObject({ required: false });
    expect(app.env['WEB_URL']?.value).toBeUndefined();
    // Without it these start; with it the third does.
    expect(PROCESSES.filter((name) => neededBy(name).includes('WEB_URL'))).toEqual(['worker']);
    const told = "heroku config:set WEB_URL=$(heroku info -s | sed -n 's/^web_url=//p' | sed 's,/$,,')";
    for (const page of ['README.md', 'docs/operations.md']) expect(read(page)).toContain(told);
  });

  it('says of each variable what the processes say, and its standard, but for those that it words for Heroku', () => {
    const differing = Object.entries(app.env).filter(([name, { description = '' }]) => {
      const standard = new RegExp(`^\\| \`${name}\` .*\\| +\`([^\`]+)\` +\\|[^|]*\\|$`, 'm').exec(reference)?.[1];
      return !SCHEMAS.some((variables) => {
        const words = describedBy(variables[name]?.describe().flags);
        return description === `${words}${standard === undefined ? '' : ` (${standard})`}.`;
      });
    });
    expect(differing.map(([name]) => name)).toEqual(OWN_WORDS);
  });

  it('has the secrets made, and none written into it', () => {
    const made = Object.entries(app.env).filter(([, { generator }]) => generator === 'secret');
    expect(made.map(([name]) => name)).toEqual(['AUTH_TOKEN', 'INIT_SCRIPT_KEY']);
    const given = Object.entries(app.env).flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value]]));
    expect(Object.fromEntries(given)).toEqual({
      AWS_REGION: 'us-east-1',
      REDIS_TLS_REJECT_UNAUTHORIZED: 'false',
      WEB_CONCURRENCY: '1',
    });
  });

  it('starts what the Procfile has, on a Redis that keeps its data', () => {
    const processes = read('Procfile')
      .trim()
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(':')));
    expect(Object.keys(app.formation)).toEqual(processes);
    expect(processes).toEqual([...PROCESSES]);
    expect(app.addons).toEqual(['heroku-redis:premium-0']);
    expect([app.stack, app.buildpacks, app.success_url]).toEqual(['heroku-24', [{ url: 'heroku/nodejs' }], '/']);
  });
});

describe("Heroku's build", () => {
  it('compiles each process of the Procfile, by a script that the buildpack runs', () => {
    for (const name of PROCESSES) expect(scripts['heroku-postbuild']).toContain(`apps/${name}`);
    expect(scripts['heroku-prebuild']).toBeUndefined();
  });

  it('leaves what does not run out of the slug, as the image does: command line, sandbox, sources, compiler', () => {
    // The buildpack runs it after it has pruned the development packages and filled its cache.
    expect(scripts['heroku-cleanup']).toBe('npm run prune:production');
    const words = (scripts['prune:production'] ?? '').split(' ');
    expect(words).toEqual(
      expect.arrayContaining(['apps/cli', 'apps/sandbox', 'packages/testing', 'bin/quartermaster', 'apps/*/src']),
    );
    expect(scripts['prune:production']).toMatch(/^rm -r [a-z/ ]+ && npm prune --omit=dev && /);
    // What the Procfile starts is still there.
    expect(
      words.filter((word) => /^(bin\/(web|quartermaster-health)|apps\/(web|worker|mini-worker))/.test(word)),
    ).toEqual([]);
  });

  it('takes Node 24: the buildpack takes the newest that engines allows', () => {
    expect(engines.node).toMatch(/ <25$/);
  });
});
