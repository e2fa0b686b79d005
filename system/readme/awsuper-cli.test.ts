import { execFile } from 'node:child_process';
import { eventually } from '@quartermaster/testing';
import { CLI_MAIN } from '../harness/cli';
import { FAST_POWER, RESTART } from '../harness/restarts';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';
import { postTask, taskEnds, type ShownTask } from '../harness/tasks';

// Every command that AWSuper's command line prints, run by a shell as it stands there but for the program's name; what it
// leaves to the reader (`<stackName>`) is filled in. `npm install` and `setup` have tests of their own.
const STACK = 'my stack';
const PRINTED_ID = '5b6cb5f4e161b303089da220';

let system: System;
let lane: Lane;
beforeAll(async () => {
  system = await startSystem({ ...FAST_POWER, SANDBOX_STACKS: 'on' });
  lane = await system.openLane({ worker: { TASK_POLL: '60ms' } });
  await eventually(async () => {
    const names = (await lane.api<{ Name: string }[]>('/stacks')).json().map(({ Name }) => Name);
    expect(names).toContain('My Stack');
  });
});
afterAll(() => system.stop());

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Types a line of the page; `values` stand for what it has in angle brackets. */
function type(printed: string, values: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const filled = Object.entries(values).reduce(
    (line, [name, value]) => line.replace(`<${name}>`, `"${value}"`),
    printed,
  );
  const line = filled.replace(/^awsuper /, '"$NODE" "$CLI" ');
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    NODE_NO_WARNINGS: '1',
    NODE: process.execPath,
    CLI: CLI_MAIN,
    QUARTERMASTER_URL: lane.webUrl,
    QUARTERMASTER_TOKEN: TOKEN,
  };
  return new Promise((resolve) => {
    execFile('sh', ['-c', line], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function succeed(printed: string, values?: Readonly<Record<string, string>>): Promise<string> {
  const { code, stdout, stderr } = await type(printed, values);
  expect([code, stderr.replace(/^ {2}Watch it: .*\n/, '')]).toEqual([0, '']);
  return stdout;
}

/** The first words of each line below the head of a table. */
function firstColumn(table: string): string[] {
  return table
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split('  ')[0] ?? '');
}

const idIn = (text: string): string => /\b[0-9a-f]{24}\b/.exec(text)?.[0] ?? '';
const shown = async (id: string): Promise<ShownTask> => (await lane.api<ShownTask>(`/tasks/${RESTART}/${id}`)).json();

describe('describe', () => {
  const values = { stackName: STACK, layerName: 'my layer', hostname: 'my-layer1' };
  it.each([
    ['awsuper describe --stack <stackName>', { Name: 'My Stack' }],
    ['awsuper describe -s <stackName>', { Name: 'My Stack' }],
    ['awsuper describe --stack <stackName> --layer <layerName>', { Name: 'my layer' }],
    ['awsuper describe --s <stackName> -l <layerName>', { Name: 'my layer' }],
    ['awsuper describe --stack <stackName> --layer <layerName> --instance <hostname>', { Hostname: 'my-layer1' }],
    ['awsuper describe --s <stackName> -l <layerName> -i <hostname>', { Hostname: 'my-layer1' }],
  ])('%s', async (printed, expected) => {
    expect(JSON.parse(await succeed(printed, values))).toMatchObject(expected);
  });
});

describe('list', () => {
  const values = { stackName: STACK, layerName: 'my layer' };
  const hosts = ['my-layer1', 'my-layer2', 'my-layer3'];
  it.each([
    ['awsuper list', ['legacy', 'mobile-app', 'My Stack']],
    ['awsuper list --stack <stackName>', ['my-layer', 'superduper']],
    ['awsuper list -s <stackName>', ['my-layer', 'superduper']],
    ['awsuper list --stack <stackName> --layer <layerName>', hosts],
    ['awsuper list --s <stackName> -l <layerName>', hosts],
  ])('%s', async (printed, expected) => {
    expect(firstColumn(await succeed(printed, values))).toEqual(expected);
  });
});

describe('do', () => {
  it('begins a restart of two machines at a time', async () => {
    const id = idIn(
      await succeed('awsuper do layer-rolling-restart stackName="my stack" layerName="my layer" window=2'),
    );
    expect(await taskEnds(lane.api, RESTART, id, 'COMPLETED')).toMatchObject({ windowSize: 2, totalInstances: 3 });
  });

  it('begins one in two weeks', async () => {
    const printed = 'awsuper do --delay 2w layer-rolling-restart stackName="my stack" layerName=superduper';
    const task = await shown(idIn(await succeed(printed)));
    expect(task).toMatchObject({ status: 'PENDING', stack: 'my stack', layer: 'superduper' });
    const delay = Date.parse(task['due_at'] as string) - Date.parse(task.date_created);
    expect(Math.round(delay / 1000)).toBe(14 * 86_400);
  });

  it('is told that October 2018 has passed; in a year to come it begins then', async () => {
    const printed =
      'awsuper do --when "2018-10-1 10:35" layer-rolling-restart stackName="my stack" layerName=superduper';
    const { code, stderr } = await type(printed);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/in the past.*\n.*400 Bad Request \(invalid-query\)/)]);
    const year = new Date().getUTCFullYear() + 1;
    const task = await shown(idIn(await succeed(printed.replace('2018-10-1', `${year}-1-1`))));
    expect(task['due_at']).toBe(`${year}-01-01T10:35:00.000Z`);
  });
});

describe('a task', () => {
  const fields = { stack: 'mobile-app', layer: 'api' };

  it('is checked on', async () => {
    const { _id: id } = await postTask(lane.api, RESTART, fields, '?delay=1d');
    const printed = `awsuper check layer-rolling-restart ${PRINTED_ID}`;
    const stdout = await succeed(printed.replace(PRINTED_ID, id));
    expect(stdout).toMatch(new RegExp(`^Task +${RESTART}\nID +${id}\nStatus +PENDING\nDue +.* UTC, in (1d|23h 59m)\n`));
    const { code, stderr } = await type(printed);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`There is no layer-rolling-restart ${PRINTED_ID}.`)]);
  });

  it('is found by its fields, the one updated last first', async () => {
    await postTask(lane.api, RESTART, fields, '?delay=1d');
    const { _id: id } = await postTask(lane.api, RESTART, fields, '?delay=1d');
    const { code, stdout } = await type(
      'awsuper query layer-rolling-restart stack=mobile-app layer=api sort[date_updated]=desc limit=1',
    );
    expect([code, firstColumn(stdout)]).toEqual([0, [id]]);
  });

  it('is cancelled', async () => {
    const { _id: id } = await postTask(lane.api, RESTART, fields, '?delay=1d');
    const printed = `awsuper cancel layer-rolling-restart ${PRINTED_ID}`;
    await succeed(printed.replace(PRINTED_ID, id));
    expect((await shown(id)).status).toBe('CANCELLED');
    expect((await type(printed)).code).toBe(1);
  });

  it('is one of those that are listed', async () => {
    expect((await succeed('awsuper tasks')).trim().split('\n')).toEqual(['echo-steps', RESTART]);
  });
});
