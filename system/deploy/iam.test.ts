import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@quartermaster/testing';
import { buildReaches, postBuild } from '../harness/builds';
import { editZone, openDnsLane, postRecord, recordReaches, zoneOf } from '../harness/records';
import { FAST_POWER, postRestart, restartEnds, seedStack, SOURCES, type Source } from '../harness/restarts';
import { startSystem, type Lane, type System } from '../harness/start-system';

const FOLDER = join(__dirname, '../../docs/iam');
const PROCESSES = ['worker', 'mini-worker'] as const;
type ProcessName = (typeof PROCESSES)[number];

/** Rights that these runs do not use, each with the reason why it is given all the same. */
const UNUSED: Readonly<Record<string, string>> = {
  'worker iam:PassRole': 'no call of its own: EC2 asks for it when a launch names an instance profile',
  'mini-worker ec2:DeleteSecurityGroup': 'the sweep waits an hour after a build; see sweep-orphans.test.ts',
};

/** As long as web holds an answer back. */
const LONG = { prefer: 'wait=25' } as const;

interface Policy {
  readonly Version: string;
  readonly Statement: readonly { Effect: string; Action: readonly string[]; Resource: string | readonly string[] }[];
}

const readPolicy = (name: string): Policy => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Policy;
const actionsOf = (name: string): string[] => readPolicy(name).Statement.flatMap(({ Action }) => Action);
/** What a process is allowed with a source of stacks. */
const allowed = (one: ProcessName, source: Source): string[] =>
  [one, `${one}-stacks-${source}`].flatMap((name) => actionsOf(name));

/** `worker ec2-tags` → the actions that the sandbox saw. */
const seen = new Map<string, Set<string>>();

describe.each(SOURCES)('with stacks from %s', (source) => {
  let system: System;
  let lane: Lane;

  beforeAll(async () => {
    system = await startSystem(FAST_POWER);
    const stacks = { STACKS_SOURCE: source };
    lane = await openDnsLane(system, {
      worker: { ...stacks, TASK_POLL: '60ms' },
      miniWorker: { ...stacks, MINI_WORKER_INTERVAL: '1s' },
    });
  });
  afterAll(() => system.stop());

  it('builds and terminates', async () => {
    const { id } = await postBuild(lane.api);
    const { instance_ids } = await buildReaches(lane.api, id, 'finished');
    // The mini-worker must have seen it: then it looks whether the instance is protected.
    await eventually(async () => {
      expect(await actionsSeen('mini-worker')).toContain('ec2:DescribeInstanceAttribute');
    });
    expect((await lane.api(`/instances/${instance_ids[0]}`, { method: 'DELETE' })).status).toBe(202);
    await eventually(async () => {
      expect(await actionsSeen('worker')).toContain('ec2:DeleteSecurityGroup');
    });
    const { subnets } = (await system.sandbox<{ subnets: { id: string }[] }>('/_sandbox/resources')).json();
    const inSubnet = await postBuild(lane.api, { subnet_id: subnets[0]?.id });
    await buildReaches(lane.api, inSubnet.id, 'finished');
  });

  it('makes, changes and removes a record', async () => {
    const hostname = 'iam.example.com';
    expect((await postRecord(lane.api, { hostname, ip_address: '192.0.2.1' }, LONG)).status).toBe(201);
    await recordReaches(lane.api, hostname, 'INSYNC');
    expect((await lane.api(`/record/${hostname}`, { method: 'DELETE', headers: LONG })).status).toBe(200);

    // Somebody else's: the worker looks what stands there.
    const zone = await zoneOf(system.sandbox, 'example.com');
    const foreign = { name: 'foreign.example.com', type: 'A', ttl: 60, values: ['192.0.2.7'] };
    await editZone(system.sandbox, zone, [{ action: 'CREATE', ...foreign }]);
    expect((await postRecord(lane.api, { hostname: foreign.name, ip_address: '192.0.2.8' }, LONG)).status).toBe(409);
  });

  it('restarts a layer', async () => {
    const { stack } = await seedStack(system.sandbox, { instances: 2 });
    const { _id: id } = await postRestart(lane.api, { stack, layer: 'api' });
    await restartEnds(lane.api, id, 'COMPLETED');
  });

  it.each(PROCESSES)('%s calls nothing that its policy does not allow', async (one) => {
    // What it does again and again may still be under way for the first time.
    const actions = await eventually(async () => {
      const used = await actionsSeen(one);
      const missing = allowed(one, source).filter((action) => !used.has(action));
      expect(missing.filter((action) => UNUSED[`${one} ${action}`] === undefined)).toEqual([]);
      return used;
    });
    seen.set(`${one} ${source}`, actions);
    expect([...actions].filter((action) => !allowed(one, source).includes(action)).sort()).toEqual([]);
    expect(actions.size).toBeGreaterThan(5);
  });

  it('every call is known to be a process of ours', async () => {
    const { log } = await requests();
    const aws = log.filter(({ service }) => ['ec2', 'route53', 'opsworks'].includes(service));
    expect(aws.filter(({ application }) => !PROCESSES.includes(application as ProcessName))).toEqual([]);
  });

  interface Seen {
    readonly service: string;
    readonly action: string;
    readonly application?: string;
  }

  async function requests(): Promise<{ log: readonly Seen[] }> {
    return (await system.sandbox<{ log: Seen[] }>('/_sandbox/requests')).json();
  }

  async function actionsSeen(one: ProcessName): Promise<Set<string>> {
    const { log } = await requests();
    const own = log.filter(
      ({ service, application }) => application === one && ['ec2', 'route53', 'opsworks'].includes(service),
    );
    return new Set(own.map(({ service, action }) => `${service}:${action}`));
  }
});

describe('the policies', () => {
  const files = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));

  it.each(files)('%s is well formed and gives no right by a wildcard', (name) => {
    const { Version, Statement } = readPolicy(name);
    expect(Version).toBe('2012-10-17');
    for (const { Effect, Action } of Statement) {
      expect(Effect).toBe('Allow');
      for (const action of Action) expect(action).toMatch(/^(ec2|route53|opsworks|iam):[A-Za-z]+$/);
    }
    // Looking has no resource in IAM; whatever changes something is limited to a kind of resource.
    const boundless = Statement.filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => Action);
    expect(boundless.filter((action) => !/:(Describe|List)/.test(action))).toEqual([]);
  });

  it.each(files)('%s gives no right that nothing uses', (name) => {
    const one = PROCESSES.find((process) => name === process || name.startsWith(`${process}-`)) ?? 'worker';
    const sources = SOURCES.filter((source) => !name.includes('-stacks-') || name.endsWith(source));
    const used = new Set(sources.flatMap((source) => [...(seen.get(`${one} ${source}`) ?? [])]));
    const unused = actionsOf(name).filter((action) => !used.has(action));
    expect(unused.filter((action) => UNUSED[`${one} ${action}`] === undefined)).toEqual([]);
  });

  it('every exception is one: given, and not used', () => {
    const given = new Set(
      files.flatMap((name) => {
        const one = name.startsWith('mini-worker') ? 'mini-worker' : 'worker';
        return actionsOf(name).map((action) => `${one} ${action}`);
      }),
    );
    const used = new Set([...seen].flatMap(([key, actions]) => [...actions].map((a) => `${key.split(' ')[0]} ${a}`)));
    for (const exception of Object.keys(UNUSED)) {
      expect([exception, given.has(exception), used.has(exception)]).toEqual([exception, true, false]);
    }
  });
});
