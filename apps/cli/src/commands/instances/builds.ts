import { defineCommand, type Command } from '../../command.js';
import { PROGRAM } from '../../context.js';
import { usageFailure } from '../../failures.js';
import type { Column } from '../../output/printer.js';
import { ago } from '../../output/time.js';
import { isWatched, WATCH_OPTIONS, type WatchOptions } from '../../watch/follow.js';
import { wholeNumber } from '../../whole-number.js';
import { build } from './build.js';
import {
  buildIds,
  coloredState,
  loadBuild,
  placeOf,
  reportCount,
  showBuild,
  type Build,
  type Builds,
} from './build-record.js';
import { watchBuild } from './build-watch.js';
import { FLEET_FILTERS } from './fleet.js';

interface Options extends WatchOptions {
  readonly state?: string;
  readonly site?: string;
  readonly env?: string;
  readonly queue?: string;
  readonly role?: string;
  readonly limit?: number;
  readonly page?: number;
}

const builds = defineCommand<{ readonly id?: string }, Options>({
  name: 'builds',
  group: 'Instances',
  summary: 'List the builds, or show one with its instances and steps',
  description: 'REPORTED are the instances that have said that they are ready.',
  arguments: [{ name: 'id', summary: 'Only this build, in full', isOptional: true, completion: buildIds }],
  options: [
    {
      flags: '--state <state>',
      summary: 'Only those in this state',
      choices: ['pending', 'started', 'finished', 'failed'],
    },
    ...FLEET_FILTERS,
    { flags: '--limit <number>', summary: 'How many at most (50; 100 at most)', parse: (text) => wholeNumber(text) },
    { flags: '--page <number>', summary: 'A further page of them (1)', parse: (text) => wholeNumber(text) },
    ...WATCH_OPTIONS,
  ],
  examples: [
    { line: 'builds', does: 'the newest first' },
    { line: 'builds --state failed --site org --limit 10', does: 'the last ten of a site that failed' },
    { line: 'builds 87ff7a06-8be5-4a07-9d3f-2c697f7f4ce6', does: 'one, with its steps' },
    { line: 'builds 87ff7a06-8be5-4a07-9d3f-2c697f7f4ce6 --watch', does: 'one, watched until it is finished' },
  ],
  run: async (context, { id }, options) => {
    const { api, print } = context;
    const { state, site, env, queue, role, limit, page } = options;
    const query = { state, site, env, queue, role, limit, page };
    if (id !== undefined) {
      if (Object.values(query).some((value) => value !== undefined))
        throw usageFailure('Give the id of a build or filters, not both.');
      if (isWatched(options)) return watchBuild(context, id, options);
      const found = await loadBuild(api, id);
      return print.result({ instance_builds: [found] }, () => showBuild(context, found));
    }
    if (isWatched(options)) throw usageFailure('--watch needs the id of a build.', `\`${PROGRAM} builds\` lists them.`);
    const found = await api.get<Builds>('/instance-builds', query);
    const columns: readonly Column<Build>[] = [
      { title: 'ID', of: ({ id }) => id },
      { title: 'STATE', of: ({ state }) => coloredState(state, print.colors) },
      { title: 'REPORTED', of: (one) => (one.boot_instance ? `${reportCount(one)}/${one.count}` : 'no boot') },
      { title: 'TYPE', of: ({ instance_type }) => instance_type },
      { title: 'FOR', of: placeOf },
      { title: 'ROLE', of: ({ role }) => role },
      { title: 'CREATED', of: ({ created_at }) => ago(created_at, context.now()) },
    ];
    const isFiltered = [state, site, env, queue, role, page].some((value) => value !== undefined);
    const ifNone = isFiltered ? 'No build is like that.' : 'There are no builds.';
    print.result(found, () => {
      print.table(found.instance_builds, columns, ifNone);
      if (found.meta?.more === true) print.note(`There are more: --page ${found.meta.page + 1}`);
    });
  },
});

export const buildCommands: readonly Command[] = [build, builds];
