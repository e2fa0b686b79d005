import { eventually } from '@quartermaster/testing';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { getTask, postTask, taskEnds, type ShownTask } from '../harness/tasks';
import { errorsOf } from './raw-request';

// Above the limits of the waits inside, so that these say what was missing.
let system: System;
let lane: Lane;

beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane({ start: ['worker'] });
});
afterAll(() => system.stop());

const cancel = (id: string, headers: Record<string, string> = {}): ReturnType<typeof lane.api<ShownTask>> =>
  lane.api<ShownTask>(`/tasks/echo-steps/${id}`, { method: 'DELETE', headers });

describe('GET /tasks', () => {
  it('names the tasks that there are', async () => {
    const names = (await lane.api<string[]>('/tasks')).json();
    expect(names).toEqual(expect.arrayContaining(['echo-steps', 'layer-rolling-restart']));
    expect((await lane.api('/tasks?detail=true')).json()).toEqual(names.map((name) => ({ name })));
  });
});

describe('a task', () => {
  it('runs, and is waited for where that is asked', async () => {
    const body = { steps: ['one', 'two'] };
    const answer = await lane.api<ShownTask>('/tasks/echo-steps', { body, headers: { prefer: 'wait=20' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    const task = answer.json();
    expect(answer.headers.get('location')).toBe(`/tasks/echo-steps/${task._id}`);
    expect(task).toMatchObject({ status: 'COMPLETED', settled: true, echoed: ['one', 'two'], exceptions: [] });
    expect(task.log.map(({ message }) => message)).toEqual(expect.arrayContaining(['one', 'two']));
    expect(task.date_updated > task.date_created).toBe(true);
    const { num_found } = (
      await lane.api<{ num_found: number }>(
        `/tasks/echo-steps?_id=${task._id}&status=COMPLETED&settled=true&echoed=two`,
      )
    ).json();
    expect(num_found).toBe(1);
  });

  it('shows every update while it runs, and is cancelled within 5 s', async () => {
    const { _id } = await postTask(lane.api, 'echo-steps', { steps: 50, pause: '500ms' });
    await eventually(async () => {
      const { status, echoed } = await getTask(lane.api, 'echo-steps', _id);
      expect([status, (echoed as string[]).length >= 2]).toEqual(['RUNNING', true]);
    });
    const first = await cancel(_id);
    expect([first.status, first.json().status]).toEqual([200, 'CANCELLED']);
    const settled = await cancel(_id, { prefer: 'wait=25' });
    // A cancel that comes when all is back in place already is a 409.
    expect([200, 409]).toContain(settled.status);
    const task = await getTask(lane.api, 'echo-steps', _id);
    expect(task).toMatchObject({ status: 'CANCELLED', settled: true });
    const took = Date.parse(task.date_updated) - Date.parse(first.json().date_updated);
    process.stdout.write(`A running task was cancelled and settled in ${took} ms\n`);
    expect(took).toBeLessThan(15_000);
    expect((task['echoed'] as string[]).length).toBeLessThan(50);
    expect((await cancel(_id)).status).toBe(409);
  });

  it('that waits for its time is cancelled at once, and its job goes', async () => {
    const { _id } = (await lane.api<ShownTask>('/tasks/echo-steps?delay=1h', { body: {} })).json();
    expect((await cancel(_id)).json()).toMatchObject({ status: 'CANCELLED', settled: true });
    await eventually(async () => {
      const { queues } = (
        await lane.api<{ queues: { name: string; delayed: number; waiting: number }[] }>('/processes')
      ).json();
      expect(queues.find(({ name }) => name === 'tasks')).toMatchObject({ delayed: 0, waiting: 0 });
    });
    expect(await getTask(lane.api, 'echo-steps', _id)).toMatchObject({ status: 'CANCELLED', echoed: [] });
  });

  it('is one, whoever repeats it under its key', async () => {
    const headers = { 'idempotency-key': 'a-key' };
    const tasks = await Promise.all([1, 2, 3].map(() => postTask(lane.api, 'echo-steps', { steps: 1 }, '', headers)));
    expect(new Set(tasks.map(({ _id }) => _id)).size).toBe(1);
    const done = await taskEnds(lane.api, 'echo-steps', tasks[0]?._id ?? '', 'COMPLETED');
    expect(done['echoed']).toHaveLength(1);
  });

  it('can not be resumed where its kind has no way to', async () => {
    const { _id } = await postTask(lane.api, 'echo-steps', { steps: 1 }, '', { prefer: 'wait=20' });
    const answer = await lane.api(`/tasks/echo-steps/${_id}/resume`, { method: 'POST' });
    expect(answer.status).toBe(404);
    expect(errorsOf(answer.text)[0]?.code).toBe('task-not-resumable');
  });
});

describe('what can not be', () => {
  it('is answered with what is wrong', async () => {
    const bad = await lane.api('/tasks/echo-steps?delay=soon', { body: {} });
    expect([bad.status, errorsOf(bad.text)[0]?.code]).toEqual([400, 'invalid-query']);
    const unknown = await lane.api('/tasks/echo-stairs', { body: {} });
    expect([unknown.status, errorsOf(unknown.text)[0]?.detail]).toEqual([404, expect.stringContaining('echo-steps')]);
    const method = await lane.api('/tasks/echo-steps', { method: 'PUT', body: {} });
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  it('is refused while the installation is read-only, reading aside', async () => {
    const readOnly = await system.openLane({ web: { READ_ONLY: 'true' }, start: [] });
    expect((await readOnly.api('/tasks/echo-steps', { body: {} })).status).toBe(403);
    expect((await readOnly.api('/tasks/echo-steps')).json()).toEqual({ num_found: 0, data: [] });
    await readOnly.stop();
  });

  it('says so where no worker serves tasks', async () => {
    const alone = await system.openLane({ start: [] });
    const answer = await alone.api('/tasks/echo-steps', { body: {} });
    expect([answer.status, answer.headers.get('warning')]).toEqual([202, expect.stringContaining('the queue tasks')]);
    await alone.stop();
  });
});
