import { eventually, openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createBuilds } from './builds.js';
import { createInitScripts, zipScript, type InitScripts } from './init-scripts.js';

const HASH = 'a'.repeat(64);
const NOW = Date.parse('2026-01-02T03:04:05Z');

let test: TestRedis;
let initScripts: InitScripts;
beforeEach(async () => {
  test = await openTestRedis();
  initScripts = createInitScripts(test.redis, test.keys);
});
afterEach(() => test.close());

describe('an init script', () => {
  it('is kept gzipped and comes back to the letter', async () => {
    const script = `#!/bin/bash\necho 'ünïcode' "$(true)"\n${'x'.repeat(10_000)}`;
    await initScripts.keep('b1', zipScript(script, HASH), 60_000, NOW);
    expect(await initScripts.load('b1')).toBe(script);
    expect(await test.redis.strlen(test.keys.initScript('b1'))).toBeLessThan(1000);
    expect(await initScripts.load('b2')).toBeUndefined();
  });

  it('ends when its time is over, which counts from when it was last kept', async () => {
    await initScripts.keep('b1', zipScript('first', HASH), 3_600_000, NOW);
    await initScripts.keep('b1', zipScript('second', HASH), 600_000, NOW);
    expect(await initScripts.load('b1')).toBe('second');
    expect(await test.redis.pttl(test.keys.initScript('b1'))).toBeLessThanOrEqual(600_000);
    await initScripts.keep('b1', zipScript('third', HASH), 300, NOW);
    await eventually(async () => expect(await initScripts.load('b1')).toBeUndefined());
  });

  it('is kept with the hash of its build’s credential and its end, and brings back no build that is not kept', async () => {
    const builds = createBuilds(test.redis, test.keys, 60_000);
    await initScripts.keep('b1', zipScript('script', HASH), 60_000, NOW);
    expect(await test.redis.exists(test.keys.build('b1'))).toBe(0);
    await test.redis.hset(test.keys.build('b1'), 'request', '{}', 'created_at', NOW);
    await initScripts.keep('b1', zipScript('script', HASH), 60_000, NOW);
    expect((await builds.load('b1'))?.credential).toEqual({ hash: HASH, expires_at: NOW + 60_000 });
    await initScripts.keepAgain('b1', zipScript('again', 'b'.repeat(64)), 60_000);
    expect(await initScripts.load('b1')).toBe('again');
    expect((await builds.load('b1'))?.credential).toEqual({ hash: HASH, expires_at: NOW + 60_000 });
  });
});
