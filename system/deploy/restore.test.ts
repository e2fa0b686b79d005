import { createSilentLogger } from '@quartermaster/foundation';
import { connectRedis } from '@quartermaster/stores';
import { eventually, startRedis } from '@quartermaster/testing';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KEYS = 20;

const root = mkdtempSync(join(tmpdir(), 'quartermaster-restore-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Redis = ReturnType<typeof connectRedis>;

/** A Redis as production has it (`appendonly yes`) in a folder below `root`, for as long as `use` takes. */
async function withRedis<T>(
  name: string,
  use: (redis: Redis) => Promise<T>,
  settings: readonly string[] = [],
): Promise<T> {
  const server = await startRedis(['--dir', join(root, name), ...settings]);
  const redis = connectRedis(
    { REDIS_URL: server.url, REDIS_PREFIX: 'restored', REDIS_TLS_REJECT_UNAUTHORIZED: true },
    createSilentLogger(),
  );
  try {
    // It takes no commands before it is connected.
    await eventually(() => redis.ping());
    return await use(redis);
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

/** A folder with the backup in it and nothing else. */
function putBack(name: string): void {
  mkdirSync(join(root, name));
  copyFileSync(join(root, 'before', 'dump.rdb'), join(root, name, 'dump.rdb'));
}

const sizeOf = (redis: Redis): Promise<number> => redis.dbsize();

describe('a backup of Redis', () => {
  beforeAll(async () => {
    mkdirSync(join(root, 'before'));
    await withRedis('before', async (redis) => {
      await Promise.all(Array.from({ length: KEYS }, (_, each) => redis.set(`restored:${each}`, 'kept')));
      await redis.bgsave();
      await eventually(async () => {
        const state = await redis.info('persistence');
        expect(state).toContain('rdb_bgsave_in_progress:0');
        expect(state).toContain('rdb_last_bgsave_status:ok');
      });
    });
  });

  it('that is put back alone gives an empty Redis: the steps are needed', async () => {
    putBack('alone');
    expect(await withRedis('alone', sizeOf)).toBe(0);
  });

  it('is restored by the steps of docs/operations.md', async () => {
    putBack('by-steps');
    await withRedis(
      'by-steps',
      async (redis) => {
        expect(await sizeOf(redis)).toBe(KEYS);
        await redis.config('SET', 'appendonly', 'yes');
        await eventually(async () => {
          const state = await redis.info('persistence');
          for (const wanted of WAITED_FOR) expect(state).toContain(wanted);
        });
      },
      ['--appendonly', 'no'],
    );
    expect(await withRedis('by-steps', sizeOf)).toBe(KEYS);

    const page = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');
    const section = /^### Backing up and restoring Redis$(.*?)^## /ms.exec(page)?.[1] ?? '';
    for (const step of ['--appendonly no', 'CONFIG SET appendonly yes', ...WAITED_FOR]) expect(section).toContain(step);
  });
});

const WAITED_FOR = ['aof_rewrite_in_progress:0', 'aof_rewrite_scheduled:0', 'aof_last_bgrewrite_status:ok'];
