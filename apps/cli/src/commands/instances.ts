import type { Command } from '../command.js';

export const instanceCommands: readonly Command[] = [];
