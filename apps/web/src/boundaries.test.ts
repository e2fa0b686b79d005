import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '../../..');

/** Layers from the ground up: a package may use those before it. */
const LAYERS = [
  'foundation',
  'aws',
  'instances',
  'stacks',
  'dns',
  'discovery',
  'couchdb',
  'notifications',
  'stores',
  'jobs',
  'tasks',
  'testing',
] as const;
const ADAPTER = /^@quartermaster\/[a-z-]+\/(aws|slack|kubernetes|etcd|http)$/;
const SDK = /^((@aws-sdk|@smithy|@kubernetes|@slack|@grpc)\/|etcd3$)/;
/** The one adapter that `web` may have, in its main.ts. */
const OF_WEB = '@quartermaster/discovery/etcd';

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) => name.endsWith('.ts') && !/(\.test|\.contract)\.ts$/.test(name) && !/(^|\/)(dist|testing)\//.test(name),
    )
    .map((name) => join(folder, name));
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

const files = ['apps', 'packages'].flatMap((top) =>
  readdirSync(join(ROOT, top)).flatMap((name) =>
    sourceFiles(join(ROOT, top, name, 'src')).map((file) => ({ top, name, file, shown: relative(ROOT, file) })),
  ),
);
const imports = files.flatMap((file) => importsOf(file.file).map((imported) => ({ ...file, imported })));
const listed = (found: readonly { shown: string; imported: string }[]): string[] =>
  found.map(({ shown, imported }) => `${shown} imports ${imported}`);

describe('who may import whom', () => {
  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(200);
  });

  it('no package and no app imports an app', () => {
    const apps = readdirSync(join(ROOT, 'apps')).map((name) => `@quartermaster/${name}`);
    expect(
      listed(imports.filter(({ imported }) => apps.includes(imported) || /^\.{1,2}\/(.*\/)?apps\//.test(imported))),
    ).toEqual([]);
  });

  it('a package uses packages below it only', () => {
    const upwards = imports.filter(({ top, name, imported }) => {
      const used = /^@quartermaster\/([a-z-]+)/.exec(imported)?.[1];
      if (top !== 'packages' || used === undefined) return false;
      const [user, target] = [LAYERS.indexOf(name as never), LAYERS.indexOf(used as never)];
      return user < 0 || target < 0 || target >= user;
    });
    expect(listed(upwards)).toEqual([]);
  });

  it("adapters are named in main.ts and clouds.ts only, in web none but discovery's", () => {
    const elsewhere = imports.filter(
      ({ file, name, imported }) =>
        ADAPTER.test(imported) &&
        (!/\/src\/(main|clouds)\.ts$/.test(file) || (name === 'web') !== (imported === OF_WEB)),
    );
    expect(listed(elsewhere)).toEqual([]);
  });

  it("SDKs are loaded in an adapter's folder only", () => {
    const elsewhere = imports.filter(
      ({ shown, imported }) =>
        SDK.test(imported) && !/\/src\/(aws|slack|etcd|kubernetes)\/|^packages\/aws\//.test(shown),
    );
    expect(listed(elsewhere)).toEqual([]);
  });

  it('the command line has nothing of the product but the client of discovery: it talks to web', () => {
    const foreign = imports.filter(
      ({ name, imported }) =>
        name === 'cli' &&
        (SDK.test(imported) ||
          (imported.startsWith('@quartermaster/') && imported !== '@quartermaster/discovery-client') ||
          /^(express|ioredis|bullmq)$/.test(imported)),
    );
    expect(listed(foreign)).toEqual([]);
    expect(imports.filter(({ name }) => name === 'cli').length).toBeGreaterThan(50);
  });

  it('Redis is reached through jobs and stores only', () => {
    const elsewhere = imports.filter(
      ({ name, imported }) => /^(ioredis|bullmq)$/.test(imported) && !['jobs', 'stores'].includes(name),
    );
    expect(listed(elsewhere)).toEqual([]);
  });
});

describe('the entry of web', () => {
  it("loads no AWS, Kubernetes or Slack module, no template engine and no dashboard, and etcd's client only where there is an etcd", () => {
    // The built entry, in a process of its own; without a token it ends right after everything is loaded.
    const script = `
      process.exit = () => { throw new Error('ended'); };
      process.on('uncaughtException', () => {});
      process.on('unhandledRejection', () => {});
      require(${JSON.stringify(join(ROOT, 'apps/web/dist/main.js'))});
      setTimeout(() => {
        process.stdout.write(Object.keys(require.cache).join('\\n'));
        process.reallyExit(0);
      }, 100);`;
    const output = execFileSync(process.execPath, ['-e', script], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const loaded = output.toString().split('\n');
    expect(loaded.some((file) => file.includes('/express/'))).toBe(true);
    expect(
      loaded.filter((file) =>
        /\/(@aws-sdk|@smithy|@kubernetes|kubernetes-models|@slack|@sentry|@grpc|etcd3|liquidjs|@bull-board|ejs)\//.test(
          file,
        ),
      ),
    ).toEqual([]);
  });
});
