import type { Command } from '../command.js';

export const buildCommands: readonly Command[] = [];
