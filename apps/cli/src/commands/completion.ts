import type { Command } from '../command.js';

export const completionCommands: readonly Command[] = [];
