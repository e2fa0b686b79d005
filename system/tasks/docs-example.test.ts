import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually, startHttpServer, type HttpServer } from '@quartermaster/testing';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { getTask, postTask, taskEnds } from '../harness/tasks';

const ROOT = join(__dirname, '../..');

let system: System;
let lane: Lane;
let folder: string;
let server: HttpServer;
const switched: boolean[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quartermaster-docs-'));
  const files = filesOf(readFileSync(join(ROOT, 'docs/tasks.md'), 'utf8'));
  const inTypeScript = ['src/maintenance/index.ts', 'src/maintenance/run.ts', 'tsconfig.json'];
  expect(Object.keys(files).sort()).toEqual(['hello/index.js', 'hello/run.js', ...inTypeScript]);
  for (const path of inTypeScript) write(path, files[path]);
  for (const path of ['hello/index.js', 'hello/run.js']) write(join('tasks', path), files[path]);
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['joi', '@quartermaster', '@types']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { stdio: 'inherit' });
  // What was needed to compile is not needed to run.
  rmSync(join(folder, 'node_modules'), { recursive: true });

  server = await startHttpServer(({ url, body }, response) => {
    switched.push((JSON.parse(body) as { on: boolean }).on);
    response.writeHead(url === '/maintenance' ? 204 : 404).end();
  });

  system = await startSystem();
  const settings = { TASKS_DIR: join(folder, 'tasks') };
  lane = await system.openLane({ web: settings, worker: settings, start: ['worker'] });
});
afterAll(async () => {
  await system.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => void switched.splice(0));

/** The blocks that begin with the name of a file. */
function filesOf(page: string): Record<string, string> {
  const blocks = [...page.matchAll(/^```\w+\n\/\/ (\S+\.\w+)\n([\s\S]*?)^```$/gm)];
  return Object.fromEntries(blocks.map(([, path = '', text = '']) => [path, text]));
}

function write(path: string, text = ''): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe('the examples of docs/tasks.md', () => {
  it('are tasks like any other', async () => {
    const answer = await lane.api('/tasks?detail=true');
    expect(answer.json()).toEqual(
      ['echo-steps', 'hello', 'layer-rolling-restart', 'maintenance'].map((name) => ({ name })),
    );
    const { _id: id } = await postTask(lane.api, 'hello', { name: 'Ada' });
    const task = await taskEnds(lane.api, 'hello', id, 'COMPLETED');
    expect(task.log.at(-1)?.message).toBe('Hello Ada!');
    const refused = await lane.api('/tasks/maintenance', { body: { services: [], minutes: -1 } });
    expect(refused.status).toBe(400);
  });

  it('put a service into maintenance and back', async () => {
    const { _id: id } = await postTask(lane.api, 'maintenance', { services: [server.url], minutes: 0.02 });
    const task = await taskEnds(lane.api, 'maintenance', id, 'COMPLETED');
    expect(switched).toEqual([true, false]);
    expect(task['until']).toEqual(expect.any(String));
  });

  it('bring it back at a cancel, and let no other have it meanwhile', async () => {
    const { _id: id } = await postTask(lane.api, 'maintenance', { services: [server.url], minutes: 60 });
    await eventually(() => expect(switched).toEqual([true]));
    const { _id: other } = await postTask(lane.api, 'maintenance', { services: [server.url] });
    const refused = await taskEnds(lane.api, 'maintenance', other, 'FAILED');
    expect(refused.exceptions).toMatchObject([{ message: expect.stringContaining(id), code: 'claimed' }]);
    // It waits as a job that is due in an hour.
    await eventually(async () => expect((await getTask(lane.api, 'maintenance', id))['until']).toBeDefined());
    const startedAt = performance.now();
    await lane.api(`/tasks/maintenance/${id}`, { method: 'DELETE' });
    await taskEnds(lane.api, 'maintenance', id, 'CANCELLED');
    const seconds = (performance.now() - startedAt) / 1000;
    process.stdout.write(
      `a cancelled task that waited as a job was settled after ${seconds.toFixed(1)} s (limit 5 s)\n`,
    );
    expect(switched).toEqual([true, false]);
  });
});
