import type { Command } from '../command.js';

export const taskCommands: readonly Command[] = [];
