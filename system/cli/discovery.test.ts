import { openCliUser, type CliUser } from '../harness/cli';
import { startDiscoverySystem, TOKEN, type DiscoverySystem, type DiscoveryWeb } from '../harness/discovery';
import { startProcess } from '../harness/processes';

let system: DiscoverySystem;
let web: DiscoveryWeb;
let user: CliUser;
beforeAll(async () => {
  system = await startDiscoverySystem();
  web = await system.startWeb();
  user = openCliUser({ webUrl: web.url });
});
afterAll(async () => {
  await user.leave();
  await system.stop();
});

describe('services', () => {
  it('are watched live in one terminal, while a node is registered in another until Ctrl-C', async () => {
    const watch = user.open('services watch api,database');
    await watch.until('Watching api, database');

    const node = user.open('register api 10.0.0.7 8080');
    await node.until('Registered api 10.0.0.7:8080');
    await watch.until(/PUT .*10\.0\.0\.7:8080/);
    expect((await user.run(['services', 'api'])).stdout).toContain('10.0.0.7');

    node.press('ctrl-c');
    expect([await node.ended, node.screen()]).toEqual([0, expect.stringContaining('api 10.0.0.7:8080 is off.')]);
    await watch.until(/DELETE .*/);
    expect((await user.run(['services', 'api'])).stdout).not.toContain('10.0.0.7');

    watch.press('ctrl-c');
    expect(await watch.ended).toBe(0);
  });

  it('have a node that broke off shown as EXPIRE', async () => {
    const watch = user.open('services watch cache --json');
    await watch.until('Watching cache');
    const node = user.open('register cache 10.0.0.8 6379');
    await watch.until('"PUT"');
    await node.stop();
    await watch.until(/"(EXPIRE|DELETE)"/, 20_000);
    watch.press('ctrl-c');
    expect(await watch.ended).toBe(0);
  });

  it('a second registration of the same node takes its place, and the first ends with 1', async () => {
    const first = user.open('register api 10.0.0.9 8080');
    await first.until('Registered');
    const second = user.open('register api 10.0.0.9 8080');
    await second.until('Registered');
    expect([await first.ended, first.screen()]).toEqual([1, expect.stringContaining('quartermaster services api')]);
    second.press('ctrl-c');
    expect(await second.ended).toBe(0);
  });

  it('are watched on where web was killed meanwhile and started again', async () => {
    const fragile = await system.startWeb();
    const someone = openCliUser({ webUrl: fragile.url });
    const watch = someone.open('services watch queue');
    await watch.until('Watching queue');
    fragile.process.kill('SIGKILL');
    await fragile.process.ended;
    await watch.until(/No connection: .*Trying again/);
    const back = startProcess('web', {
      REDIS_URL: system.redis.url,
      ETCD_HOSTS: system.etcd.url,
      AUTH_TOKEN: TOKEN,
      PORT: new URL(fragile.url).port,
      HOST: '127.0.0.1',
    });
    await watch.until('Connected again.', 30_000);
    const node = user.open('register queue 10.0.0.10 5672');
    await watch.until(/PUT .*10\.0\.0\.10:5672/);
    for (const one of [node, watch]) one.press('ctrl-c');
    expect([await node.ended, await watch.ended]).toEqual([0, 0]);
    await someone.leave();
    await back.stop();
  });
});
