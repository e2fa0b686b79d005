import { readFileSync } from 'node:fs';
import { eventually, findFreePort, startRedis, type RedisServer } from '@quartermaster/testing';
import { createApi, type Api } from './harness/api';
import { startProcess, type Process } from './harness/processes';

const TOKEN = 'system-test-token-0123456789';

let redis: RedisServer;
let web: Process;
let api: Api;

/** The processes that a process has forked and that still live. */
function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function pidOf(process: Process): number {
  const { pid } = process.child;
  if (pid === undefined) throw new Error(`${process.name} has no pid`);
  return pid;
}

/** The processes of web, once all of them listen. */
async function twoListening(wanted = 2): Promise<number[]> {
  return eventually(() => {
    expect(web.lines.filter((line) => line.includes('"Listening"')).length).toBeGreaterThanOrEqual(wanted);
    const pids = childrenOf(pidOf(web));
    expect(pids).toHaveLength(2);
    return pids;
  });
}

beforeEach(async () => {
  redis = await startRedis();
  const port = String(await findFreePort());
  web = startProcess('web', {
    REDIS_URL: redis.url,
    AUTH_TOKEN: TOKEN,
    PORT: port,
    HOST: '127.0.0.1',
    WEB_CONCURRENCY: '2',
  });
  api = createApi(`http://127.0.0.1:${port}`, { authorization: `token ${TOKEN}`, connection: 'close' });
});

afterEach(async () => {
  await web.stop();
  await redis.stop();
});

describe('WEB_CONCURRENCY=2', () => {
  it('has two processes answer on one port, replaces a killed one, and leaves none behind after SIGTERM', async () => {
    const [first = 0, second = 0] = await twoListening();
    // While one stands still every other connection is still answered: the other one takes it.
    for (const pid of [first, second]) {
      process.kill(pid, 'SIGSTOP');
      const answers = await Promise.race([
        Promise.any([api('/healthz'), api('/healthz'), api('/healthz'), api('/healthz')]),
        new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 40_000).unref()),
      ]);
      process.kill(pid, 'SIGCONT');
      expect(answers?.status).toBe(200);
    }

    process.kill(first, 'SIGKILL');
    const replaced = await twoListening(3);
    expect(replaced).toContain(second);
    expect(replaced).not.toContain(first);
    // It listens without Redis, too, where that is not there within two seconds.
    await eventually(async () => expect((await api('/readyz')).status).toBe(200));

    expect(await web.stop()).toBe(0);
    expect(replaced.filter(lives)).toEqual([]);
  });

  it('shuts down as a whole on DELETE /', async () => {
    const pids = await twoListening();
    const answer = await api('/', { method: 'DELETE' });
    expect(answer.status).toBe(204);
    expect(await web.ended).toBe(0);
    expect(pids.filter(lives)).toEqual([]);
  });

  it('leaves none behind where the primary itself is killed', async () => {
    const pids = await twoListening();
    web.kill('SIGKILL');
    await eventually(() => expect(pids.filter(lives)).toEqual([]));
  });
});
