import type { Command } from '../command.js';

export const statusCommands: readonly Command[] = [];
