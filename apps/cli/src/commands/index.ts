import type { Command } from '../command.js';
import { accountCommands } from './accounts.js';
import { buildCommands } from './builds.js';
import { completionCommands } from './completion.js';
import { couchdbCommands } from './couchdb.js';
import { doctorCommands } from './doctor.js';
import { instanceCommands } from './instances.js';
import { processCommands } from './processes.js';
import { recordCommands } from './records.js';
import { serviceCommands } from './services.js';
import { setupCommands } from './setup.js';
import { stackCommands } from './stacks.js';
import { statusCommands } from './status.js';
import { taskCommands } from './tasks.js';

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
