import type { AnyTask } from './define-task.js';
import { echoSteps } from './echo-steps/index.js';
import { layerRollingRestart } from './layer-rolling-restart/index.js';

/** The tasks of the house. One that is not here does not exist. */
export const builtInTasks: readonly AnyTask[] = [echoSteps, layerRollingRestart];
