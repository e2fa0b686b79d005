import type { Readable } from 'node:stream';
import { createSilentLogger } from '@quartermaster/foundation';
import type { FollowedLog, LogPlace, TaskLogLine } from '@quartermaster/stores';
import { eventually } from '@quartermaster/testing';
import { createLogFollowers, type LogFollowersOptions } from './log-followers.js';

const line = (id: number, message = `line ${id}`): TaskLogLine => ({
  id: `${id}-0`,
  timestamp: '2026-01-02T03:04:05.000Z',
  level: 'info',
  message,
});

/** Logs in memory, and how often they were looked at. */
class Logs {
  readonly lines = new Map<string, TaskLogLine[]>();
  readonly settled = new Set<string>();
  readonly broken = new Set<string>();
  readonly asked: number[] = [];
  readonly limits: number[] = [];
  isAway = false;

  followLogs(places: readonly LogPlace[], limit: number): Promise<FollowedLog[]> {
    this.asked.push(places.length);
    this.limits.push(limit);
    if (this.isAway) return Promise.reject(new Error('Redis is away'));
    return Promise.resolve(
      places.map(({ id, after }) => ({
        lines: (this.lines.get(id) ?? []).filter((entry) => parseInt(entry.id) > parseInt(after)).slice(0, limit),
        status: this.settled.has(id) ? ('COMPLETED' as const) : ('RUNNING' as const),
        settled: this.settled.has(id),
        ...(this.broken.has(id) ? { failure: 'WRONGTYPE' } : {}),
      })),
    );
  }
}

let logs: Logs;
let close: (() => void)[];
beforeEach(() => {
  logs = new Logs();
  close = [];
});
afterEach(() => close.forEach((end) => end()));

function createFollowers(options: Partial<LogFollowersOptions> = {}): ReturnType<typeof createLogFollowers> {
  const followers = createLogFollowers({ tasks: logs, log: createSilentLogger(), pollMs: 5, ...options });
  close.push(() => followers.close());
  return followers;
}

function read(stream: Readable): { text: string; ended: boolean } {
  const seen = { text: '', ended: false };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => (seen.text += text));
  stream.on('end', () => (seen.ended = true));
  return seen;
}
const place = (id: string, after = '0'): LogPlace => ({ task: 't', id, after });
const count = (text: string, part: string): number => text.split(part).length - 1;

describe('who follows a log', () => {
  it('gets each line once, in order, and then the end', async () => {
    logs.lines.set('a', [line(1), line(2, 'two\nin two lines')]);
    const seen = read(createFollowers().follow(place('a'), 'me'));
    await eventually(() => expect(count(seen.text, 'event: log')).toBe(2));
    logs.lines.get('a')?.push(line(3));
    logs.settled.add('a');
    await eventually(() => expect(seen.ended).toBe(true));
    expect(seen.text).toBe(
      'retry: 1000\n\n' +
        'id: 1-0\nevent: log\ndata: {"timestamp":"2026-01-02T03:04:05.000Z","level":"info","message":"line 1"}\n\n' +
        'id: 2-0\nevent: log\ndata: {"timestamp":"2026-01-02T03:04:05.000Z","level":"info","message":"two\\nin two lines"}\n\n' +
        'id: 3-0\nevent: log\ndata: {"timestamp":"2026-01-02T03:04:05.000Z","level":"info","message":"line 3"}\n\n' +
        'id: 3-0\nevent: end\ndata: {"status":"COMPLETED"}\n\n',
    );
  });

  it('goes on behind the last line that is known, and gets a long log at once', async () => {
    logs.lines.set(
      'a',
      [...Array(1000)].map((_, i) => line(i + 1)),
    );
    logs.settled.add('a');
    const seen = read(createFollowers({ pollMs: 3_600_000 }).follow(place('a', '400-0'), 'me'));
    await eventually(() => expect(count(seen.text, 'event: log')).toBe(600));
    expect(seen.text.indexOf('id: 401-0')).toBeLessThan(seen.text.indexOf('id: 402-0'));
  });

  it('is served together with others by one look, and by none once nobody is there', async () => {
    const followers = createFollowers();
    const streams = ['a', 'a', 'b', 'c'].map((id) => followers.follow(place(id), 'me'));
    const seen = streams.map(read);
    await eventually(() => expect(logs.asked).toContain(3));
    expect(Math.max(...logs.asked)).toBe(3);
    logs.lines.set('a', [line(1)]);
    await eventually(() => expect(seen.map(({ text }) => count(text, 'event: log'))).toEqual([1, 1, 0, 0]));
    for (const stream of streams) stream.destroy();
    await new Promise((resolve) => setTimeout(resolve, 30));
    const looked = logs.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(logs.asked.length).toBe(looked);
  });

  it('goes on when Redis was away', async () => {
    logs.isAway = true;
    const seen = read(createFollowers().follow(place('a'), 'me'));
    await eventually(() => expect(logs.asked.length).toBeGreaterThan(3));
    logs.isAway = false;
    logs.lines.set('a', [line(1)]);
    await eventually(() => expect(seen.text).toContain('line 1'));
    expect(seen.ended).toBe(false);
  });

  it('is let go where its log can not be read, and the others get theirs', async () => {
    logs.broken.add('a');
    logs.lines.set('b', [line(1)]);
    const followers = createFollowers();
    const stream = followers.follow(place('a'), 'me');
    const seen = read(followers.follow(place('b'), 'me'));
    await eventually(() => expect(seen.text).toContain('line 1'));
    expect(stream.destroyed).toBe(true);
  });

  it('has an outage told in the log once it lasts, once, and its end', async () => {
    logs.isAway = true;
    const told: string[] = [];
    const keep = (level: string) => (message: string) => void told.push(`${level}: ${message}`);
    const log = { ...createSilentLogger(), warn: keep('warn'), info: keep('info') };
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1000);
    createFollowers({ log, warnAfterMs: 400 }).follow(place('a'), 'me');
    await eventually(() => expect(logs.asked.length).toBeGreaterThan(2));
    clock.mockReturnValue(1399);
    const early = logs.asked.length;
    await eventually(() => expect(logs.asked.length).toBeGreaterThan(early + 2));
    expect(told).toEqual([]);
    clock.mockReturnValue(1400);
    await eventually(() => expect(told).toHaveLength(1));
    const looked = logs.asked.length;
    await eventually(() => expect(logs.asked.length).toBeGreaterThan(looked + 5));
    expect(told).toEqual(['warn: Logs can not be read for their followers; it is tried again']);
    logs.isAway = false;
    await eventually(() => expect(told[1]).toBe('info: Logs can be read for their followers again'));
    clock.mockRestore();
  });

  it('shares what is read in one go with all others', async () => {
    const followers = createFollowers();
    const long = [...Array(300)].map((_, i) => line(i + 1));
    const seen = [...Array(30)].map((_, i) => {
      logs.lines.set(`l${i}`, long);
      return read(followers.follow(place(`l${i}`), 'me'));
    });
    await eventually(() => expect(seen.every(({ text }) => count(text, 'event: log') === 300)).toBe(true));
    expect(Math.max(...logs.asked)).toBe(20);
    expect(logs.asked.every((asked, i) => asked * (logs.limits[i] ?? 0) <= 500)).toBe(true);
  });

  it('is told that the connection is alive while nothing happens', async () => {
    const seen = read(createFollowers({ commentMs: 20 }).follow(place('a'), 'me'));
    await eventually(() => expect(count(seen.text, ':\n\n')).toBeGreaterThan(2));
  });
});

describe('who does not read', () => {
  it('is not read ahead for, and is let go after a while', async () => {
    logs.lines.set(
      'a',
      [...Array(5000)].map((_, i) => line(i + 1, 'x'.repeat(1000))),
    );
    const stream = createFollowers({ patienceMs: 200 }).follow(place('a'), 'me');
    await eventually(() => expect(stream.readableLength).toBeGreaterThan(64 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(stream.readableLength).toBeLessThan(300_000);
    await eventually(() => expect(stream.destroyed).toBe(true));
  });

  it('is told of the end once, however late he reads it', async () => {
    logs.lines.set('a', [line(1)]);
    logs.settled.add('a');
    const followers = createFollowers({ commentMs: 10 });
    const stream = followers.follow(place('a'), 'me');
    followers.follow(place('b'), 'me');
    await eventually(() => expect(logs.asked.length).toBeGreaterThan(20));
    const seen = read(stream);
    await eventually(() => expect(seen.ended).toBe(true));
    expect(count(seen.text, 'event: end')).toBe(1);
  });

  it('gets all the rest when he reads again', async () => {
    logs.lines.set(
      'a',
      [...Array(500)].map((_, i) => line(i + 1, 'x'.repeat(1000))),
    );
    logs.settled.add('a');
    const stream = createFollowers().follow(place('a'), 'me');
    await eventually(() => expect(stream.readableLength).toBeGreaterThan(64 * 1024));
    const seen = read(stream);
    await eventually(() => expect(seen.ended).toBe(true));
    expect(count(seen.text, 'event: log')).toBe(500);
  });
});

describe('followers', () => {
  it('are as many as there is room for, here and under one token', () => {
    const followers = createFollowers({ most: 3, mostOfToken: 2 });
    const first = followers.follow(place('a'), 'me');
    followers.follow(place('b'), 'me');
    expect(() => followers.follow(place('c'), 'me')).toThrow('The token me follows 2 logs');
    followers.follow(place('c'), 'you');
    expect(() => followers.follow(place('d'), 'they')).toThrow('3 logs are being followed here');
    first.destroy();
    return eventually(() => expect(() => followers.follow(place('d'), 'they')).not.toThrow());
  });

  it('are all ended at once when the process stops, and nobody comes any more', async () => {
    const followers = createFollowers();
    const seen = ['a', 'b'].map((id) => read(followers.follow(place(id), 'me')));
    followers.close();
    await eventually(() => expect(seen.map(({ ended }) => ended)).toEqual([true, true]));
    expect(seen[0]?.text).toBe('retry: 1000\n\n');
    expect(() => followers.follow(place('a'), 'me')).toThrow('shutting down');
  });
});
