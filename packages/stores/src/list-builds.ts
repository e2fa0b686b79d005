import { BUILD_FILTERS, type Build, type BuildFilter } from './build.js';
import type { Redis } from './connect.js';
import type { Keys } from './keys.js';

interface ListParts {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly load: (id: string) => Promise<Build | undefined>;
}

const FILTERS = [...BUILD_FILTERS, 'state'] as const;
/** Builds looked at in one go. */
const BATCH = 100;

/**
 * One page of builds, newest first. Goes through the smallest index that the filter has: with one filter or none it
 * begins right at the page; with several it looks at what that index holds, keeping no more than the page.
 */
export async function listBuilds(
  { redis, keys, load }: ListParts,
  filter: BuildFilter,
  page: number,
  limit: number,
): Promise<{ builds: Build[]; more: boolean }> {
  const given = FILTERS.filter((name) => filter[name] !== undefined);
  const index = await smallestIndex(
    redis,
    given.map((name) => keys.buildIndex(name, filter[name])),
    keys.buildIndex(),
  );
  const before = (page - 1) * limit;
  let offset = given.length <= 1 ? before : 0;
  let toSkip = before - offset;
  const builds: Build[] = [];
  for (;;) {
    const ids = await redis.zrevrange(index, offset, offset + BATCH - 1);
    for (const build of await Promise.all(ids.map(load))) {
      if (build === undefined || !matches(build, filter)) continue;
      if (toSkip > 0) toSkip -= 1;
      else builds.push(build);
    }
    if (builds.length > limit || ids.length < BATCH) break;
    offset += BATCH;
  }
  return { builds: builds.slice(0, limit), more: builds.length > limit };
}

async function smallestIndex(redis: Redis, indexes: readonly string[], all: string): Promise<string> {
  const sizes = await Promise.all(indexes.map(async (index) => ({ index, size: await redis.zcard(index) })));
  return sizes.sort((a, b) => a.size - b.size)[0]?.index ?? all;
}

function matches(build: Build, filter: BuildFilter): boolean {
  if (filter.state !== undefined && build.state !== filter.state) return false;
  return BUILD_FILTERS.every((field) => filter[field] === undefined || build.request[field] === filter[field]);
}
