import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';
import type { ShownTask } from '../harness/tasks';

// The requests that AWSuper's README prints and those that its command line makes (axios, JSON, a Bearer token). No worker
// runs here: what a restart does is tested elsewhere.
const PRINTED_BODY = `{
    "stack": "stack",
    "layer": "layer",
    "window": 1
}`;

interface CurlAnswer {
  readonly status: number;
  readonly body: string;
}

let system: System;
let lane: Lane;

beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane({ start: [] });
});
afterAll(() => system.stop());

async function curl(path: string, ...parameters: string[]): Promise<CurlAnswer> {
  const fixed = ['--silent', '--show-error', '--globoff', '--max-time', '30', '--write-out', '\n%{http_code}'];
  const headers = ['-H', `Authorization: Bearer ${TOKEN}`, '-H', 'Content-Type: application/json'];
  const child = spawn('curl', [...fixed, ...headers, ...parameters, lane.webUrl + path]);
  const [output, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(`curl ended with ${code}: ${complaint}`);
  const end = output.lastIndexOf('\n');
  return { status: Number(output.slice(end + 1)), body: output.slice(0, end) };
}

const parse = <T = ShownTask>({ body }: CurlAnswer): T => JSON.parse(body) as T;
/** What `awsuper do` sends: `key=value` pairs, all of them text. */
const doTask = (query: string, fields: object): Promise<CurlAnswer> =>
  curl(`/tasks/layer-rolling-restart${query}`, '-X', 'POST', '-d', JSON.stringify(fields));

describe("AWSuper's README", () => {
  it('starts a rolling restart and is answered with its record', async () => {
    const answer = await curl('/tasks/layer-rolling-restart', '-X', 'POST', '-d', PRINTED_BODY);
    expect(answer.status).toBe(202);
    expect(parse(answer)).toMatchObject({
      window: 1,
      status: 'PENDING',
      _id: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
      stack: 'stack',
      layer: 'layer',
      instancesShutdown: [],
      instancesStarted: [],
      instancesOnline: [],
      date_created: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      date_updated: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    });
  });

  it('looks at it and cancels it under its other name', async () => {
    const { _id } = parse(await curl('/tasks/layer-rolling-restart', '-X', 'POST', '-d', PRINTED_BODY));
    const seen = await curl(`/tasks/layer-rolling-restarter/${_id}`);
    expect([seen.status, parse(seen)]).toEqual([200, expect.objectContaining({ _id, status: 'PENDING', window: 1 })]);
    const cancelled = await curl(`/tasks/layer-rolling-restarter/${_id}`, '-X', 'DELETE');
    expect([cancelled.status, parse(cancelled).status]).toEqual([200, 'CANCELLED']);
    expect(parse(await curl(`/tasks/layer-rolling-restart/${_id}`))).toMatchObject({ status: 'CANCELLED' });
  });

  it('asks for tasks by their fields', async () => {
    const found = await curl('/tasks/layer-rolling-restart?layer=layer');
    expect(found.status).toBe(200);
    const { num_found, data } = parse<{ num_found: number; data: ShownTask[] }>(found);
    expect(num_found).toBe(2);
    expect(data.map(({ status }) => status).sort()).toEqual(['CANCELLED', 'PENDING']);
  });
});

describe("AWSuper's command line", () => {
  it('does a task with names of its own and numbers as text', async () => {
    const answer = await doTask('', { stackName: 'my stack', layerName: 'my layer', window: '2' });
    expect(answer.status).toBe(202);
    expect(parse(answer)).toMatchObject({ stack: 'my stack', layer: 'my layer', window: 2, status: 'PENDING' });
    expect(parse(answer)).not.toHaveProperty('stackName');
  });

  it('does a task in two weeks', async () => {
    const answer = await doTask('?delay=2w', { stackName: 'my stack', layerName: 'superduper' });
    expect(answer.status).toBe(202);
    const task = parse(answer);
    const delay = Date.parse(task['due_at'] as string) - Date.parse(task.date_created);
    expect(Math.round(delay / 1000)).toBe(14 * 86_400);
  });

  it.each([' ', '+', '%20'])('does a task at a time of which date and hour stand apart by %j', async (space) => {
    const year = new Date().getUTCFullYear() + 1;
    // As printed, the day with one digit, in a year that is still to come: the first day of it that is not too far ahead.
    const when = `${year}-1-1${space}10:35`;
    const query = space === ' ' ? `?when=${encodeURIComponent(when)}` : `?when=${when}`;
    const answer = await doTask(query, { stackName: 'my stack', layerName: 'superduper' });
    expect(answer.status).toBe(202);
    expect(parse(answer)['due_at']).toBe(`${year}-01-01T10:35:00.000Z`);
  });

  it('is told that October 2018 has passed', async () => {
    const answer = await doTask('?when=2018-10-1+10:35', { stackName: 'my stack', layerName: 'superduper' });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('in the past');
  });

  it('checks on a task', async () => {
    const { _id } = parse(await doTask('', { stackName: 'my stack', layerName: 'my layer', window: '2' }));
    expect(parse(await curl(`/tasks/layer-rolling-restart/${_id}`))).toMatchObject({ _id, status: 'PENDING' });
  });

  it.each(['sort[date_updated]', 'sort%5Bdate_updated%5D'])('asks for the one updated last, with %s', async (sort) => {
    await doTask('', { stackName: 'mobile-app', layerName: 'api' });
    const { _id } = parse(await doTask('', { stackName: 'mobile-app', layerName: 'api' }));
    const found = await curl(`/tasks/layer-rolling-restart?stack=mobile-app&layer=api&${sort}=desc&limit=1`);
    expect(found.status).toBe(200);
    const { num_found, data } = parse<{ num_found: number; data: ShownTask[] }>(found);
    expect(num_found).toBeGreaterThan(1);
    expect(data.map((task) => task._id)).toEqual([_id]);
    const byOldName = await curl('/tasks/layer-rolling-restart?stackName=mobile-app');
    expect(parse<{ num_found: number }>(byOldName).num_found).toBe(num_found);
  });

  it('cancels a task', async () => {
    const { _id } = parse(await doTask('', { stackName: 'my stack', layerName: 'my layer' }));
    const answer = await curl(`/tasks/layer-rolling-restart/${_id}`, '-X', 'DELETE');
    expect([answer.status, parse(answer).status]).toEqual([200, 'CANCELLED']);
  });

  it('lists the tasks that there are', async () => {
    expect(parse<string[]>(await curl('/tasks'))).toContain('layer-rolling-restart');
  });
});
