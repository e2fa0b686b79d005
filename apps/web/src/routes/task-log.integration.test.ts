import { eventually } from '@quartermaster/testing';
import { startTaskApi, type StartedTaskApi } from '../testing/task-api.js';

let api: StartedTaskApi;
beforeEach(async () => {
  api = await startTaskApi();
});
afterEach(() => api.stop());

const ask: StartedTaskApi['ask'] = (...sent) => api.ask(...sent);
const post: StartedTaskApi['post'] = (...sent) => api.post(...sent);
const work: StartedTaskApi['work'] = (...done) => api.work(...done);

describe('a log', () => {
  const lines = (...messages: string[]): { level: 'info'; message: string }[] =>
    messages.map((message) => ({ level: 'info', message }));

  async function openStream(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ seen: () => string; response: Response; stop: () => void; ended: Promise<void> }> {
    const abort = new AbortController();
    const response = await api.fetch(path, { headers, signal: abort.signal });
    let text = '';
    const ended = (async () => {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
        text += Buffer.from(chunk).toString();
    })().catch(() => undefined);
    return { seen: () => text, response, stop: () => abort.abort(), ended };
  }
  const messagesIn = (text: string): string[] =>
    [...text.matchAll(/"message":"([^"]*)"/g)].map((match) => match[1] ?? '');

  it('is read from a place on, and shown with its task', async () => {
    const { json } = await post('/tasks/restart', { stack: 'a' });
    await api.tasks.appendLog('restart', json._id, lines('one', 'two', 'three'));
    const path = `/tasks/restart/${json._id}`;
    const all = (await ask('GET', `${path}/log`)).json['log'] as { id: string; message: string }[];
    expect(all.map(({ message }) => message)).toEqual(['one', 'two', 'three']);
    const rest = await ask('GET', `${path}/log?after=${all[0]?.id}&limit=1`);
    expect(rest.json).toEqual({ log: [all[1]] });
    expect((await ask('GET', path)).json['log']).toMatchObject(all.map(({ message }) => ({ level: 'info', message })));
    expect((await ask('GET', `${path}/log?after=x`)).status).toBe(400);
    expect((await ask('GET', `${path}/log?follow=true`, undefined, { 'last-event-id': 'x' })).status).toBe(400);
  });

  it('is followed to the end of its task, and further from where a client was cut off', async () => {
    const { json } = await post('/tasks/restart', { stack: 'a' });
    const path = `/tasks/restart/${json._id}/log?follow=true`;
    await work(json._id, 'begin');
    await api.tasks.appendLog('restart', json._id, lines('one', 'two'));
    const first = await openStream(path);
    expect(first.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await eventually(() => expect(messagesIn(first.seen())).toEqual(['one', 'two']));
    first.stop();
    await api.tasks.appendLog('restart', json._id, lines('three'));
    const last = [...first.seen().matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
    const second = await openStream(path.replace('?follow=true', ''), {
      accept: 'text/event-stream',
      'last-event-id': last,
    });
    await eventually(() => expect(messagesIn(second.seen())).toEqual(['three']));
    await api.tasks.appendLog('restart', json._id, lines('four'));
    await work(json._id, 'complete');
    await second.ended;
    expect(messagesIn(second.seen())).toEqual(['three', 'four']);
    expect(second.seen()).toMatch(/id: \d+-\d+\nevent: end\ndata: {"status":"COMPLETED"}\n\n$/);
  });

  it('has nothing behind an id that is greater than all, and whoever asks for that stops nobody else', async () => {
    const { json } = await post('/tasks/restart', { stack: 'a' });
    const path = `/tasks/restart/${json._id}/log`;
    const greatest = ['18446744073709551615-18446744073709551615', '99999999999999999999', '99999999999999999999-1'];
    const streams = await Promise.all(greatest.map((id) => openStream(`${path}?follow=true`, { 'last-event-id': id })));
    const other = await openStream(`${path}?follow=true`);
    await api.tasks.appendLog('restart', json._id, lines('one'));
    await eventually(() => expect(messagesIn(other.seen())).toEqual(['one']));
    expect(streams.map(({ seen }) => messagesIn(seen()))).toEqual([[], [], []]);
    for (const id of greatest) expect((await ask('GET', `${path}?after=${id}`)).json).toEqual({ log: [] });
    expect((await ask('GET', `${path}?after=5-99999999999999999999`)).json['log']).toHaveLength(1);
    for (const stream of [...streams, other]) stream.stop();
  });

  it('is over for an EventSource, which comes again, once it has been told of the end', async () => {
    const { json } = await post('/tasks/restart', { stack: 'a' });
    const path = `/tasks/restart/${json._id}/log?follow=true`;
    const lastId = (text: string): string => [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
    const settled = await post('/tasks/restart', { stack: 'b' });
    await work(settled.json._id, 'begin', 'complete');
    const silent = await openStream(`/tasks/restart/${settled.json._id}/log?follow=true`);
    await silent.ended;
    const again = await api.fetch(`/tasks/restart/${settled.json._id}/log?follow=true`, {
      headers: { 'last-event-id': lastId(silent.seen()) },
    });
    expect(again.status).toBe(204);

    await work(json._id, 'begin');
    await api.tasks.appendLog('restart', json._id, lines('one'));
    const first = await openStream(path);
    await eventually(() => expect(messagesIn(first.seen())).toEqual(['one']));
    first.stop();
    const known = lastId(first.seen());
    await api.tasks.appendLog('restart', json._id, lines('two'));
    await work(json._id, 'complete');
    const second = await openStream(path, { 'last-event-id': known });
    await second.ended;
    expect(messagesIn(second.seen())).toEqual(['two']);
    const third = await api.fetch(path, { headers: { 'last-event-id': lastId(second.seen()) } });
    expect([third.status, await third.text()]).toEqual([204, '']);
  });

  it('of too many followers is refused, and there is room again when they have gone', async () => {
    const { json } = await post('/tasks/restart', { stack: 'a' });
    const path = `/tasks/restart/${json._id}/log?follow=true`;
    const streams = await Promise.all([1, 2, 3, 4].map(() => openStream(path)));
    const refused = await ask('GET', path);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    for (const stream of streams) stream.stop();
    await eventually(async () => {
      const stream = await openStream(path);
      stream.stop();
      expect(stream.response.status).toBe(200);
    });
    // The server hears of each that it has gone when it hears of it.
    await eventually(async () => expect((await api.fetch(path, { method: 'HEAD' })).status).toBe(200));
  });

  it('is not followed any more once the process stops', async () => {
    const { json } = await post('/tasks/restart', { stack: 'a' });
    const stream = await openStream(`/tasks/restart/${json._id}/log?follow=true`);
    api.followers.close();
    await stream.ended;
    expect(stream.seen()).toBe('retry: 1000\n\n');
  });
});
