import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { FAST_KUBERNETES, objectsOfLane, openCouchLane, type KantoAnswer, type ShownCluster } from '../harness/couchdb';
import { startSystem, type Lane, type System } from '../harness/start-system';

// The commands that kanto's README prints, run by a shell as an operator would, with this server's address in place of
// the printed one.
const CREATE =
  'curl  127.0.0.1:80/v0/create -d "username=johny2&token=Ty5wvW7LuQ3T&cluster_tag=my-test-db1&replicas=3"';
const SCALE = 'curl  127.0.0.1:80/v0/scale -d "username=johny2&token=Ty5wvW7LuQ3T&cluster_tag=my-test-db1&replicas=5"';
const DETAIL = 'curl  127.0.0.1:80/v0/detail -d "username=johny2&token=Ty5wvW7LuQ3T&cluster_tag=my-test-db1"';
const REPLICATE =
  'curl  127.0.0.1:80/v0/replicate -d "username=johny2&token=Ty5wvW7LuQ3T&cluster_tag=my-test-db1&databases=mydb,special"';
const LIST = 'curl  127.0.0.1:80/v0/list -d "username=johny2&token=Ty5wvW7LuQ3T"';
const DELETE = 'curl  127.0.0.1:80/v0/delete -d "username=johny2&token=Ty5wvW7LuQ3T&cluster_tag=my-test-db1"';

let system: System;
let lane: Lane;
beforeAll(async () => {
  system = await startSystem(FAST_KUBERNETES);
  lane = await openCouchLane(system, 'deployment');
  const account = { username: 'johny2', token: 'Ty5wvW7LuQ3T' };
  expect((await lane.api('/accounts', { body: account })).status).toBe(201);
});
afterAll(() => system.stop());

interface Run {
  readonly status: number;
  readonly answer: KantoAnswer;
}

/** A command of the README; only what it prints besides is added. */
async function run(command: string): Promise<Run> {
  const told = `--silent --show-error --write-out '\\n%{http_code}'`;
  const script = command.replace('127.0.0.1:80', new URL(lane.webUrl).host).replace('curl ', `curl ${told} `);
  const child = spawn('sh', ['-c', script]);
  const [output, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(`it ended with ${code}: ${complaint}`);
  const end = output.lastIndexOf('\n');
  return { status: Number(output.slice(end + 1)), answer: JSON.parse(output.slice(0, end)) as KantoAnswer };
}

const PLACE = { Tag: 'my-test-db1', Username: 'johny2', Namespace: 'default' };
const endpoint = expect.stringMatching(/^http:\/\/127\.[\d.]+:5984$/) as string;

describe("kanto's README", () => {
  it('creates a cluster', async () => {
    const { status, answer } = await run(CREATE);
    expect([status, answer.status]).toEqual([200, 'ok']);
    const cluster = answer.result as ShownCluster;
    expect(cluster).toMatchObject({ ...PLACE, Password: 'Ty5wvW7LuQ3T', Replicas: 3, Endpoint: endpoint });
    const order = ['Tag', 'Username', 'Password', 'Replicas', 'Endpoint', 'Namespace'];
    expect(Object.keys(cluster).slice(0, 6)).toEqual(order);
  });

  it('scales it', async () => {
    const { status, answer } = await run(SCALE);
    expect([status, answer.status]).toEqual([200, 'ok']);
    expect(answer.result).toMatchObject({ ...PLACE, Replicas: 5, Endpoint: endpoint });
  });

  it('shows it in detail', async () => {
    const { status, answer } = await run(DETAIL);
    expect([status, answer.status]).toEqual([200, 'ok']);
    const cluster = answer.result as ShownCluster;
    expect(cluster).toMatchObject({ ...PLACE, Replicas: 5, Databases: ['_users', 'test'] });
    expect(Object.keys(cluster).slice(0, 5)).toEqual(['Tag', 'Username', 'Replicas', 'Endpoint', 'Namespace']);
    expect(cluster.Nodes.map(({ Ready }) => Ready)).toEqual([true, true, true, true, true]);
    expect(cluster.Replications).toHaveLength(10);
  });

  it('replicates two more databases', async () => {
    const { status, answer } = await run(REPLICATE);
    expect([status, answer.status]).toEqual([200, 'ok']);
    expect(answer.result).toMatchObject({ ...PLACE, Databases: ['_users', 'mydb', 'special', 'test'] });
  });

  it('lists all clusters of the user', async () => {
    const { status, answer } = await run(LIST);
    expect([status, answer.status]).toEqual([200, 'ok']);
    expect(answer.result).toMatchObject([{ ...PLACE, Replicas: 5 }]);
    expect(JSON.stringify(answer)).not.toContain('Ty5wvW7LuQ3T');
  });

  it('deletes it, and nothing is left', async () => {
    const { status, answer } = await run(DELETE);
    expect([status, answer.status]).toEqual([200, 'ok']);
    expect(await objectsOfLane(system, lane)).toEqual([]);
    expect((await run(DETAIL)).status).toBe(404);
    expect((await run(LIST)).answer.result).toEqual([]);
  });

  it('refuses whoever has no account, or another token', async () => {
    const strangers = [LIST.replace('johny2', 'johny3'), LIST.replace('Ty5wvW7LuQ3T', 'Ty5wvW7LuQ3U')];
    for (const command of strangers) {
      const { status, answer } = await run(command);
      expect([status, answer.status]).toEqual([401, 'unauthorized']);
    }
  });
});
