import type { Command } from '../command.js';

export const accountCommands: readonly Command[] = [];
