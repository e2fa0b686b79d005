import { eventually, openTestRedis, type TestRedis } from '@quartermaster/testing';
import { createInitScripts, type InitScripts } from './init-scripts.js';

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
    await initScripts.keep('b1', script, 60_000);
    expect(await initScripts.load('b1')).toBe(script);
    expect(await test.redis.strlen(test.keys.initScript('b1'))).toBeLessThan(1000);
    expect(await initScripts.load('b2')).toBeUndefined();
  });

  it('ends when its time is over, which counts from when it was last kept', async () => {
    await initScripts.keep('b1', 'first', 60_000);
    await initScripts.keep('b1', 'second', 300);
    expect(await initScripts.load('b1')).toBe('second');
    expect(await test.redis.pttl(test.keys.initScript('b1'))).toBeLessThanOrEqual(300);
    await eventually(async () => expect(await initScripts.load('b1')).toBeUndefined(), 2000);
  });
});
