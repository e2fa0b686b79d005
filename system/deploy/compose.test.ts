import { loadYaml } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLOUD_CREDENTIAL, neededBy, PROCESSES, variablesOf } from './own-variables';

const ROOT = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: string | { readonly target?: string };
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
}
/** YAML 1.2, which the parser speaks, has no merge keys; Compose has. */
function withMerges(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMerges);
  if (typeof value !== 'object' || value === null) return value;
  const { '<<': merged, ...own } = value as Record<string, unknown>;
  const fields = Object.entries(own).map(([name, field]) => [name, withMerges(field)]);
  const inherited = merged === undefined ? {} : (withMerges(merged) as object);
  return { ...inherited, ...Object.fromEntries(fields) };
}

const compose = withMerges(loadYaml(read('docker-compose.yml'))) as {
  services: Record<string, Service>;
  volumes: Record<string, null>;
};
const service = (name: string): Service => {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
};
const given = (name: string): string[] => Object.keys(service(name).environment ?? {});

describe('docker-compose.yml', () => {
  it('has Redis, etcd, the sandbox and the three processes, each with a health check', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['etcd', 'redis', 'sandbox', ...PROCESSES].sort());
    for (const [name, { healthcheck }] of Object.entries(compose.services))
      expect([name, healthcheck?.test[0]]).toEqual([name, 'CMD']);
    for (const name of PROCESSES)
      expect(service(name).healthcheck?.test).toEqual(['CMD', 'quartermaster-health', name]);
  });

  it.each([...PROCESSES, 'sandbox'] as const)('gives %s only what it reads', (name) => {
    const known = variablesOf(name);
    expect(given(name).filter((variable) => !known.includes(variable))).toEqual([]);
    expect(Object.values(service(name).environment ?? {}).filter((value) => typeof value !== 'string')).toEqual([]);
  });

  it.each(PROCESSES)('gives %s all that it does not start without', (name) => {
    expect(neededBy(name).filter((variable) => !given(name).includes(variable))).toEqual([]);
    if (name === 'web') expect(given(name)).toContain('AUTH_TOKEN');
  });

  it('gives web no credentials of a cloud, of Slack or of init scripts', () => {
    expect(given('web').filter((variable) => CLOUD_CREDENTIAL.test(variable))).toEqual([]);
    expect(given('worker').filter((variable) => CLOUD_CREDENTIAL.test(variable)).length).toBeGreaterThan(3);
  });

  it('has no secret written into it but the ones that only the sandbox knows', () => {
    expect(service('web').environment?.['AUTH_TOKEN']).toMatch(/^\$\{AUTH_TOKEN:\?/);
    expect(service('worker').environment?.['INIT_SCRIPT_KEY']).toMatch(/^\$\{INIT_SCRIPT_KEY:\?/);
  });

  it('lets Redis keep everything, on a volume', () => {
    const { command, volumes } = service('redis');
    expect(command).toBe('redis-server --appendonly yes --appendfsync everysec --maxmemory-policy noeviction');
    expect(volumes).toEqual(['redis:/data']);
    expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(['redis', 'etcd']));
  });

  it('starts each process when what it needs is healthy, by the command of the Procfile', () => {
    const commands = new Map(
      read('Procfile')
        .trim()
        .split('\n')
        .map((line) => line.split(': ') as [string, string]),
    );
    const imageDefault = /^CMD \["(.+)"\]$/m.exec(read('Dockerfile'))?.[1];
    for (const name of PROCESSES) {
      expect(service(name).command ?? imageDefault).toBe(commands.get(name));
      for (const part of ['redis', 'etcd', 'sandbox'])
        expect(service(name).depends_on?.[part]).toEqual({ condition: 'service_healthy' });
    }
  });

  it('publishes web on loopback only, and nothing else', () => {
    expect(Object.values(compose.services).flatMap(({ ports = [] }) => ports)).toEqual(['127.0.0.1:5000:5000']);
  });
});

describe('the Dockerfile', () => {
  const stages = read('Dockerfile')
    .split(/^FROM /m)
    .slice(1);
  const last = stages.at(-1) ?? '';

  it('builds in stages on Node 24; the sandbox runs from the one that has everything', () => {
    expect(stages.map((stage) => stage.split('\n')[0])).toEqual([
      'node:24-slim AS manifests',
      'node:24-slim AS build',
      'build AS pruned',
      'node:24-slim',
    ]);
    expect(service('sandbox').build).toEqual({ context: '.', target: 'build' });
  });

  it('installs before it has the sources, from the manifest of every workspace', () => {
    const steps = (stages[1] ?? '').split('\n').filter((line) => /^(COPY|RUN)/.test(line));
    const at = (step: string): number => steps.findIndex((line) => line.startsWith(step));
    expect(at('RUN npm ci')).toBeGreaterThan(0);
    expect(at('RUN npm ci')).toBeLessThan(at('COPY . .'));
    expect(at('COPY . .')).toBeLessThan(at('RUN npx tsc'));
    const copied = steps
      .slice(0, at('RUN npm ci'))
      .flatMap((line) => /manifests \/app\/(apps|packages) /.exec(line)?.[1] ?? []);
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };
    expect(copied.map((folder) => `${folder}/*`).sort()).toEqual([...workspaces].sort());
    expect(stages[0]).toContain('! -name package.json ! -name package-lock.json -delete');
  });

  it('runs as nobody special, without development packages and the command line', () => {
    expect(stages[2]).toMatch(/^RUN npm run prune:production$/m);
    expect(last).toMatch(/^COPY --from=pruned \/app \.$/m);
    expect(last).toMatch(/^USER 1000:1000$/m);
    expect(last).toMatch(/^ENV NODE_ENV=production PATH=\/app\/bin:\$PATH$/m);
  });

  it('takes neither secrets nor what was built elsewhere into the image', () => {
    const ignored = read('.dockerignore').trim().split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.git', '.local', '**/dist', '**/node_modules']));
  });
});
