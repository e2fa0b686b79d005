import { parseDuration } from '@quartermaster/foundation';
import Joi from 'joi';
import { defineTask } from '../define-task.js';

/** What a request carries. */
export interface EchoSent {
  /** The words to echo, or how many there are to be. */
  readonly steps: number | readonly string[];
  /** Between two of them, a minute at most: `100ms`. */
  readonly pause: string;
}

/** What the run adds. */
export interface EchoProgress {
  readonly echoed: readonly string[];
}

const MOST_STEPS = 100;
const LONGEST_PAUSE_MS = 60_000;

/** The smallest task that has everything a task has: the example to copy. `docs/tasks.md` explains it. */
export const echoSteps = defineTask<EchoSent, EchoProgress>({
  name: 'echo-steps',
  schema: Joi.object<EchoSent>({
    steps: Joi.alternatives(
      Joi.number().integer().min(1).max(MOST_STEPS),
      Joi.array().items(Joi.string().max(100)).min(1).max(MOST_STEPS),
    )
      .messages({ 'alternatives.types': '{{#label}} must be a number or a list of words' })
      .default(3),
    pause: Joi.string()
      .custom((text: string, { error }) => {
        const ms = parseDuration(text);
        return ms === undefined || ms > LONGEST_PAUSE_MS ? error('echo.pause') : text;
      })
      .messages({ 'echo.pause': '{{#label}} must be a duration like 100ms or 2s, 60s at most' })
      .default('0s'),
  }),
  initial: { echoed: [] },
  describe: ({ steps }) => `echo ${typeof steps === 'number' ? `${steps} steps` : steps.join(', ')}`,
  run: () => import('./run.js'),
});
