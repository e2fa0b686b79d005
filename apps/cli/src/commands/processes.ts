import type { Command } from '../command.js';

export const processCommands: readonly Command[] = [];
