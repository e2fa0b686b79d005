import { createRollingRestart } from './rounds.js';

export const { run, settle } = createRollingRestart(Date.now);
