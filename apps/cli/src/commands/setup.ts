import type { Command } from '../command.js';

export const setupCommands: readonly Command[] = [];
