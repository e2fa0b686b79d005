import { createOpenJobs } from '@quartermaster/stores';
import { eventually } from '@quartermaster/testing';
import { startTaskApi, type Shown, type StartedTaskApi } from '../testing/task-api.js';

let api: StartedTaskApi;
beforeEach(async () => {
  api = await startTaskApi();
});
afterEach(() => api.stop());

const ask: StartedTaskApi['ask'] = (...sent) => api.ask(...sent);
const post: StartedTaskApi['post'] = (...sent) => api.post(...sent);
const work: StartedTaskApi['work'] = (...done) => api.work(...done);

describe('the list of tasks', () => {
  it('is a bare array of names, or with what is broken', async () => {
    expect((await ask('GET', '/tasks')).json).toEqual(['plain', 'restart']);
    expect((await ask('GET', '/tasks?detail=true')).json).toEqual([
      { name: 'plain' },
      { name: 'restart' },
      { name: 'bad', error: 'Unexpected token' },
    ]);
  });
});

describe('a posted task', () => {
  it('is answered as AWSuper did, with its job in the queue and a warning that nobody serves it', async () => {
    const { status, headers, json } = await post('/tasks/restarter', { stackName: 'shop', window: '2' });
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/tasks/restart/${json._id}`);
    expect(headers.get('warning')).toContain('tasks');
    expect(json).toEqual({
      _id: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
      status: 'PENDING',
      settled: false,
      stack: 'shop',
      window: 2,
      plan: false,
      left: [],
      exceptions: [],
      log: [],
      slack_channel: '#ops',
      date_created: expect.any(String) as string,
      date_updated: expect.any(String) as string,
    });
    expect(Object.keys(json).slice(0, 6)).toEqual(['_id', 'status', 'settled', 'stack', 'window', 'plan']);
    expect((await ask('GET', `/tasks/restart/${json._id}`)).json).toEqual(json);
    expect((await ask('GET', `/tasks/restarter/${json._id}`)).json).toEqual(json);
    expect(await createOpenJobs(api.test.redis, api.test.keys).count()).toBe(1);
  });

  it('may have no body where its task needs none, and says its channel in the body or the query', async () => {
    expect((await post('/tasks/plain')).json).toMatchObject({ slack_channel: '#ops' });
    expect((await post('/tasks/plain', { slack_channel: 'here' })).json).toMatchObject({ slack_channel: 'here' });
    expect((await post('/tasks/plain?slack-channel=there')).json).toMatchObject({ slack_channel: 'there' });
  });

  it('starts later where it is to', async () => {
    const askedAt = Date.now();
    const { json } = await post('/tasks/restart?delay=2w', { stack: 'shop' });
    const begun = Date.parse(String(json['due_at'])) - 14 * 86_400_000;
    expect(begun).toBeGreaterThanOrEqual(askedAt - 1000);
    expect(begun).toBeLessThanOrEqual(Date.now() + 1000);
    expect((await post('/tasks/restart?when=2018-10-1 10:35', { stack: 'shop' })).json.errors).toMatchObject([
      { status: '400', source: { parameter: 'when' } },
    ]);
  });

  it('is refused with everything that is wrong', async () => {
    const { status, json } = await post('/tasks/restart', { window: 0, nonsense: 1, slack_channel: 'no no' });
    expect(status).toBe(400);
    expect(json.errors?.map(({ source }) => source)).toEqual([
      { pointer: '/stack' },
      { pointer: '/window' },
      { pointer: '/nonsense' },
      { pointer: '/slack_channel' },
    ]);
    expect((await post('/tasks/restart', ['shop'])).status).toBe(400);
    expect((await post('/tasks/restart')).json.errors?.[0]?.detail).toBe('stack is required');
  });

  it('of no kind that there is, or of a broken one, is refused by name', async () => {
    const unknown = await post('/tasks/nonsense', {});
    expect(unknown.status).toBe(404);
    expect(unknown.json.errors?.[0]).toMatchObject({
      code: 'unknown-task',
      detail: expect.stringContaining('plain, restart') as string,
    });
    const broken = await post('/tasks/bad', {});
    expect(broken.status).toBe(503);
    expect(broken.json.errors?.[0]).toMatchObject({
      code: 'task-broken',
      detail: expect.stringContaining('Unexpected') as string,
    });
  });

  it('is one under one Idempotency-Key', async () => {
    const key = { 'idempotency-key': 'k1' };
    const [a, b] = [await post('/tasks/plain', {}, key), await post('/tasks/plain', {}, key)];
    expect(b.json._id).toBe(a.json._id);
    expect((await ask('GET', '/tasks/plain')).json['num_found']).toBe(1);
  });

  it('has its job opened anew where that was lost, when its request is repeated', async () => {
    const key = { 'idempotency-key': 'k1' };
    const { json } = await post('/tasks/plain', {}, key);
    const { redis, keys } = api.test;
    // As if the first request had broken off: no answer is kept, and neither ledger nor queue has the job.
    for (const kept of await redis.keys(keys.idempotency('*'))) {
      await redis.hdel(kept, 'answer');
      await redis.hset(kept, 'until', 0);
    }
    await redis.del(keys.openJobs, keys.openJobSpecs, ...(await redis.keys(`${keys.queues}:*`)));
    expect((await post('/tasks/plain', {}, key)).json._id).toBe(json._id);
    const [queue] = (await api.producer.inspect()).filter(({ name }) => name === 'tasks');
    expect(queue).toMatchObject({ waiting: 1 });
    expect(await createOpenJobs(redis, keys).count()).toBe(1);
  });

  it('with half a character in it is refused, and leaves nothing behind', async () => {
    const { status, json } = await post('/tasks/restart', { stack: 'shop\ud800' });
    expect(status).toBe(400);
    expect(json.errors).toMatchObject([{ code: 'invalid-body', source: { pointer: '/stack' } }]);
    expect((await ask('GET', '/tasks/restart')).json).toEqual({ num_found: 0, data: [] });
    expect(await api.test.redis.keys(`${api.test.keys.taskRecords}:*`)).toEqual([]);
  });

  it('is waited for where that is asked, or the task is of that kind', async () => {
    const answers = [
      post('/tasks/restart', { stack: 'a' }, { prefer: 'wait=25' }),
      post('/tasks/restart', { stack: 'b', plan: true }),
    ];
    const found = await eventually(async () => {
      const { json } = await ask('GET', '/tasks/restart');
      expect(json['num_found']).toBe(2);
      return json['data'] as Shown[];
    });
    for (const { _id } of found) await work(_id, 'begin', 'complete');
    for (const { status, json } of await Promise.all(answers)) {
      expect(status).toBe(200);
      expect(json).toMatchObject({ status: 'COMPLETED', settled: true });
    }
    expect((await post('/tasks/restart', { stack: 'a' }, { prefer: 'wait=1' })).status).toBe(202);
    expect((await post('/tasks/restart', { stack: 'b', plan: true }, { prefer: 'respond-async' })).status).toBe(202);
    expect((await post('/tasks/restart?delay=1h', { stack: 'b', plan: true })).status).toBe(202);
  });
});

describe('asking for tasks', () => {
  it('finds those that fit, also past Express', async () => {
    for (const stack of ['a', 'b', 'b']) await post('/tasks/restart', { stack, at: '2026-11-20T10:35:00Z' });
    const { json } = await ask('GET', '/tasks/restarter?stackName=b&sort[date_updated]=desc&limit=1&at=2026-11');
    expect(json).toMatchObject({ num_found: 2, data: [{ stack: 'b', at: '2026-11-20T10:35:00.000Z', log: [] }] });
    expect((await ask('GET', '/tasks/restart/?stack=a&stack=b&limit=2')).json).toMatchObject({ num_found: 3 });
    expect((await ask('GET', '/tasks/restart?window[min]=2')).json).toEqual({ num_found: 0, data: [] });
    expect((await ask('GET', '/tasks/restart?nonsense=1')).json.errors).toMatchObject([
      { status: '400', source: { parameter: 'nonsense' } },
    ]);
    expect((await ask('GET', '/tasks/nonsense')).status).toBe(404);
  });

  it('takes a status in any case, and says what a status and an id can be', async () => {
    await post('/tasks/restart', { stack: 'a' });
    expect((await ask('GET', '/tasks/restart?status=pending')).json['num_found']).toBe(1);
    const { status, json } = await ask('GET', '/tasks/restart?status=done&_id=x');
    expect(status).toBe(400);
    expect(json.errors?.map(({ source }) => source)).toEqual([{ parameter: 'status' }, { parameter: '_id' }]);
  });

  it('shows ten lines of each log, where one record shows a hundred', async () => {
    const { json } = await post('/tasks/restart', { stack: 'a' });
    const messages = [...Array(120)].map((_, i) => ({ level: 'info' as const, message: `${i}` }));
    await api.tasks.appendLog('restart', json._id, messages);
    const listed = (await ask('GET', '/tasks/restart')).json['data'] as Shown[];
    expect(listed[0]?.['log']).toHaveLength(10);
    expect((await ask('GET', `/tasks/restart/${json._id}`)).json['log']).toHaveLength(100);
  });

  it('for one that is not there is a 404', async () => {
    for (const id of ['5b6b71dbe30e1f1ae3ff2e07', 'x', '5B6B71DBE30E1F1AE3FF2E07']) {
      expect((await ask('GET', `/tasks/restart/${id}`)).status).toBe(404);
      expect((await ask('DELETE', `/tasks/restart/${id}`)).status).toBe(404);
      expect((await ask('GET', `/tasks/restart/${id}/log?follow=true`)).status).toBe(404);
    }
  });
});

describe('a cancel', () => {
  it('of what has not begun is over at once, and its job is woken', async () => {
    const { json } = await post('/tasks/restart?delay=1h', { stack: 'a' });
    const cancelled = await ask('DELETE', `/tasks/restart/${json._id}`);
    expect(cancelled.status).toBe(200);
    expect(cancelled.json).toMatchObject({ status: 'CANCELLED', settled: true });
    const [queue] = (await api.producer.inspect()).filter(({ name }) => name === 'tasks');
    expect(queue).toMatchObject({ delayed: 0, waiting: 1 });
    const again = await ask('DELETE', `/tasks/restart/${json._id}`);
    expect(again.status).toBe(409);
    expect(again.json.errors?.[0]).toMatchObject({
      code: 'task-ended',
      detail: expect.stringContaining('CANCELLED') as string,
    });
  });

  it('of what runs is answered at once, again until it is settled, or waits for that', async () => {
    const { json } = await post('/tasks/restart', { stack: 'a' });
    await work(json._id, 'begin');
    const path = `/tasks/restart/${json._id}`;
    expect((await ask('DELETE', path)).json).toMatchObject({ status: 'CANCELLED', settled: false });
    const cancelled = jest.spyOn(api.tasks, 'cancel');
    const waiting = ask('DELETE', path, undefined, { prefer: 'wait=25' });
    // It would be a cancel of what has ended, had it not come before.
    await eventually(() => expect(cancelled).toHaveBeenCalled());
    await work(json._id, 'settle');
    expect(await waiting).toMatchObject({ status: 200, json: { status: 'CANCELLED', settled: true } });
    expect((await ask('DELETE', path)).status).toBe(409);
  });
});

describe('resuming', () => {
  it('makes a new task of what is left, once', async () => {
    const { json } = await post('/tasks/restart?slack-channel=mine', { stack: 'a' });
    const path = `/tasks/restart/${json._id}/resume`;
    expect((await post(path)).json.errors?.[0]).toMatchObject({ code: 'task-not-settled' });
    await work(json._id, 'begin', 'left', 'fail');
    expect((await post(path)).json.errors?.[0]).toMatchObject({ code: 'task-not-settled' });
    await work(json._id, 'settle');
    const key = { 'idempotency-key': 'k1' };
    const resumed = await post(path, undefined, key);
    expect(resumed).toMatchObject({
      status: 202,
      json: { status: 'PENDING', stack: 'a', window: 2, left: [], resumed_from: json._id, slack_channel: 'mine' },
    });
    expect(resumed.headers.get('location')).toBe(`/tasks/restart/${resumed.json._id}`);
    expect((await post(path, undefined, key)).json._id).toBe(resumed.json._id);
    expect((await ask('GET', `/tasks/restart/${json._id}`)).json).toMatchObject({ resumed_by: resumed.json._id });
    const again = await post(path);
    expect(again.status).toBe(409);
    expect(again.json.errors?.[0]?.detail).toContain(resumed.json._id);
  });

  it('also goes on with what a completed task has left', async () => {
    const { json } = await post('/tasks/restart', { stack: 'a' });
    await work(json._id, 'begin', 'left', 'complete');
    const resumed = await post(`/tasks/restart/${json._id}/resume`);
    expect(resumed).toMatchObject({ status: 202, json: { status: 'PENDING', resumed_from: json._id } });
  });

  it('is refused where nothing is left, or the task can not', async () => {
    const failed = await post('/tasks/restart', { stack: 'a' });
    await work(failed.json._id, 'begin', 'fail', 'settle');
    expect((await post(`/tasks/restart/${failed.json._id}/resume`)).json.errors?.[0]).toMatchObject({
      code: 'nothing-left',
    });
    const completed = await post('/tasks/restart', { stack: 'a' });
    await work(completed.json._id, 'begin', 'complete');
    expect((await post(`/tasks/restart/${completed.json._id}/resume`)).json.errors?.[0]).toMatchObject({
      code: 'nothing-left',
    });
    const { json } = await post('/tasks/plain');
    expect((await post(`/tasks/plain/${json._id}/resume`)).json.errors?.[0]).toMatchObject({
      code: 'task-not-resumable',
    });
  });
});
