import type { Command } from '../command.js';

export const serviceCommands: readonly Command[] = [];
