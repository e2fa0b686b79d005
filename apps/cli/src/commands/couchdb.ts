import type { Command } from '../command.js';

export const couchdbCommands: readonly Command[] = [];
