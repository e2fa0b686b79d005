import type { Command } from '../command.js';

export const recordCommands: readonly Command[] = [];
