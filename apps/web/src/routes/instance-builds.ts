import Joi from 'joi';
import { AppError, cutText } from '@quartermaster/foundation';
import type { StepRecord } from '@quartermaster/jobs';
import type { Build, Builds } from '@quartermaster/stores';
import type { Route } from '../api.js';
import { buildFieldPatterns } from '../build-fields.js';
import { showBuild } from '../show-build.js';
import { filterValue, validateQuery } from '../validate.js';

export interface InstanceBuildsParts {
  readonly builds: Builds;
  readonly readSteps: (buildId: string) => Promise<StepRecord[]>;
}

const listQuery = Joi.object<{
  site?: string;
  env?: string;
  queue?: string;
  role?: string;
  state?: string;
  page: number;
  limit: number;
}>({
  site: filterValue,
  env: filterValue,
  queue: filterValue,
  role: filterValue,
  state: filterValue.valid('pending', 'started', 'finished', 'failed'),
  page: Joi.number().integer().min(1).max(10_000).default(1),
  limit: Joi.number().integer().min(1).max(100).default(50),
});

/** `GET /instance-builds` and `GET /instance-builds/{id}`. */
export function instanceBuildsRoutes({ builds, readSteps }: InstanceBuildsParts): Route[] {
  return [
    {
      method: 'get',
      path: '/instance-builds',
      access: 'token',
      doc: { summary: 'The builds, newest first', query: [listQuery], answers: { 200: 'a page of builds' } },
      handle: async (request) => {
        const { page, limit, ...filter } = validateQuery(listQuery, request.query);
        const found = await builds.list(filter, page, limit);
        const meta = { page, limit, more: found.more };
        return { status: 200, json: { instance_builds: found.builds.map((build) => showBuild(build)), meta } };
      },
    },
    {
      method: 'get',
      path: '/instance-builds/:id',
      access: 'token',
      doc: { summary: 'A build and its steps', answers: { 200: 'a list of one' } },
      handle: async ({ params }) => {
        const id = params['id'] ?? '';
        const build = await loadBuild(builds, id);
        return { status: 200, json: { instance_builds: [showBuild(build, await readSteps(build.id))] } };
      },
    },
  ];
}

/** The build of this id, whatever its case. Throws 404. */
export async function loadBuild(builds: Builds, id: string): Promise<Build> {
  const build = buildFieldPatterns.uuid.test(id) ? await builds.load(id.toLowerCase()) : undefined;
  if (build === undefined) throw unknownBuild(id);
  return build;
}

export function unknownBuild(id: string): AppError {
  return new AppError('not-found', 'unknown-build', `There is no build ${cutText(id, 60)}.`);
}
