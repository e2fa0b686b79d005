import { readSteps, type Producer } from '@quartermaster/jobs';
import {
  createBuilds,
  createImageCache,
  createInitScripts,
  createInstanceCache,
  createTerminations,
  type Keys,
  type Redis,
} from '@quartermaster/stores';
import type { Route } from '../api.js';
import type { WebConfig } from '../config.js';
import { createInstanceListing } from '../instance-listing.js';
import { createInstanceBuildRoute } from './create-instance-build.js';
import { healthRoutes } from './health.js';
import { imagesRoute } from './images.js';
import { initScriptsRoute } from './init-scripts.js';
import { instanceBuildsRoutes } from './instance-builds.js';
import { instancesRoutes } from './instances.js';
import { processRoutes } from './process.js';
import { reportInstanceBuildRoute } from './report-instance-build.js';

export interface RoutesParts {
  readonly config: WebConfig;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly producer: Producer;
  readonly version: string;
  readonly shutDown: () => void;
}

/** Every route of the API, made from the stores they need. */
export function createRoutes({ config, redis, keys, producer, version, shutDown }: RoutesParts): Route[] {
  const builds = createBuilds(redis, keys, config.BUILD_RETENTION);
  const cache = createInstanceCache(redis, keys);
  const webUrl = config.WEB_URL ?? `http://127.0.0.1:${config.PORT}`;
  return [
    ...processRoutes({ version, shutDown }),
    ...healthRoutes(redis),
    createInstanceBuildRoute({ builds, producer, config }),
    ...instanceBuildsRoutes({ builds, readSteps: (id) => readSteps(redis, keys, `build:${id}`) }),
    reportInstanceBuildRoute({ builds, producer, webUrl }),
    initScriptsRoute({ builds, initScripts: createInitScripts(redis, keys) }),
    ...instancesRoutes({
      listing: createInstanceListing(cache),
      cache,
      terminations: createTerminations(redis, keys),
      producer,
      slackChannel: config.SLACK_CHANNEL,
    }),
    imagesRoute(createImageCache(redis, keys)),
  ];
}
