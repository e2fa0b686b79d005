import type { Command } from '../command.js';
import { accountCommands } from './couchdb/accounts.js';
import { buildCommands } from './instances/builds.js';
import { completionCommands } from './completion/completion.js';
import { couchdbCommands } from './couchdb/couchdb.js';
import { doctorCommands } from './doctor/doctor.js';
import { instanceCommands } from './instances/instances.js';
import { processCommands } from './server/processes.js';
import { recordCommands } from './dns/records.js';
import { serviceCommands } from './discovery/services.js';
import { setupCommands } from './setup/setup.js';
import { stackCommands } from './stacks/stacks.js';
import { statusCommands } from './status/status.js';
import { taskCommands } from './tasks/tasks.js';

/** All of them; `--help`, completion and docs/cli.md show them in this order. */
export const commands: readonly Command[] = [
  ...instanceCommands,
  ...buildCommands,
  ...stackCommands,
  ...taskCommands,
  ...recordCommands,
  ...statusCommands,
  ...serviceCommands,
  ...couchdbCommands,
  ...accountCommands,
  ...processCommands,
  ...doctorCommands,
  ...setupCommands,
  ...completionCommands,
];
