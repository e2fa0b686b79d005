import { eventually } from '@quartermaster/testing';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';
import { postTask, taskEnds } from '../harness/tasks';

// Above the limits of the waits inside, so that these say what was missing.
interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly message?: string; readonly status?: string };
}

interface Follower {
  readonly events: Event[];
  readonly ended: Promise<void>;
  cut(): void;
}

let system: System;
let lane: Lane;

beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane({ start: ['worker'] });
});
afterAll(() => system.stop());

async function follow(id: string, lastEventId?: string): Promise<Follower> {
  const abort = new AbortController();
  const response = await fetch(`${lane.webUrl}/tasks/echo-steps/${id}/log?follow=true`, {
    headers: {
      authorization: `token ${TOKEN}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: abort.signal,
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const events: Event[] = [];
  const read = async (): Promise<void> => {
    let rest = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const parts = (rest + Buffer.from(chunk).toString()).split('\n\n');
      rest = parts.pop() ?? '';
      events.push(...parts.flatMap(parseEvent));
    }
  };
  return { events, ended: read().catch(() => undefined), cut: () => abort.abort() };
}

function parseEvent(text: string): Event[] {
  const fields = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  const event = fields.get('event');
  if (event === undefined) return [];
  return [{ id: fields.get('id') ?? '', event, data: JSON.parse(fields.get('data') ?? 'null') as Event['data'] }];
}

/** The words that the task echoed, out of its log. */
function words(...followers: Follower[]): string[] {
  return followers
    .flatMap(({ events }) => events)
    .flatMap(({ data }) => (data.message?.startsWith('word-') === true ? [data.message] : []));
}
const said = (count: number): string[] => Array.from({ length: count }, (_, i) => `word-${i + 1}`);
const lastId = ({ events }: Follower): string => events.filter(({ id }) => id !== '').at(-1)?.id ?? '';

describe('a followed log', () => {
  it('comes as it is written, and goes on where a client was cut off: each line once, in order', async () => {
    // Many more than are waited for: a follower that has read the end has nothing to come back for.
    const { _id } = await postTask(lane.api, 'echo-steps', { steps: said(100), pause: '200ms' });
    const followers = [await follow(_id)];
    for (const count of [5, 12, 20]) {
      const current = followers.at(-1) as Follower;
      await eventually(() => expect(words(...followers).length).toBeGreaterThanOrEqual(count));
      current.cut();
      await current.ended;
      followers.push(await follow(_id, followers.map(lastId).filter(Boolean).at(-1)));
    }
    const last = followers.at(-1) as Follower;
    await last.ended;
    expect(words(...followers)).toEqual(said(100));
    expect(last.events.at(-1)).toMatchObject({ event: 'end', data: { status: 'COMPLETED' } });
    const again = await lane.api(`/tasks/echo-steps/${_id}/log?follow=true`, {
      headers: { 'Last-Event-ID': lastId(last) },
    });
    expect(again.status).toBe(204);
    const whole = await follow(_id);
    await whole.ended;
    expect(words(whole)).toEqual(said(100));
  });

  it('ends when web is stopped, which does not wait for it, and goes on at the next web', async () => {
    const { _id } = await postTask(lane.api, 'echo-steps', { steps: said(60), pause: '500ms' });
    const first = await follow(_id);
    await eventually(() => expect(words(first).length).toBeGreaterThan(2));
    const stopped = lane.web;
    expect(await stopped.stop()).toBe(0);
    const at = (message: string): number => {
      const line = stopped.lines.find((text) => text.includes(`"message":"${message}"`));
      if (line === undefined) throw new Error(`web has not said ${message}`);
      return Date.parse((JSON.parse(line) as { time: string }).time);
    };
    const took = await eventually(() => at('Stopped') - at('Stopping'));
    process.stdout.write(`web stopped in ${took} ms while a log was followed\n`);
    expect(took).toBeLessThan(6_000);
    await first.ended;
    expect(first.events.some(({ event }) => event === 'end')).toBe(false);
    await lane.restartWeb();
    const second = await follow(_id, lastId(first));
    await second.ended;
    expect(words(first, second)).toEqual(said(60));
  });

  it('goes on after Redis was away for a while', async () => {
    const { _id } = await postTask(lane.api, 'echo-steps', { steps: said(20), pause: '200ms' });
    const follower = await follow(_id);
    await eventually(() => expect(words(follower).length).toBeGreaterThan(2));
    const redis = system.redis.process();
    redis.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const away = await lane.api(`/tasks/echo-steps/${_id}/log?follow=true`);
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '2']);
    await system.redis.start();
    await taskEnds(lane.api, 'echo-steps', _id, 'COMPLETED', 45_000);
    await follower.ended;
    const kept = (await lane.api<{ log: { message: string }[] }>(`/tasks/echo-steps/${_id}/log?limit=1000`)).json().log;
    // What Redis lost of its last second is lost for the follower's next visit as well, but it was told of it.
    expect(new Set(words(follower))).toEqual(new Set(said(20)));
    expect(kept.length).toBeGreaterThanOrEqual(words(follower).length - 5);
    expect(follower.events.at(-1)?.event).toBe('end');
  });
});
