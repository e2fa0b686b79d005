import { createHash } from 'node:crypto';
import Joi from 'joi';
import { AppError, type Problem } from '@quartermaster/foundation';
import type { JsonObject } from '@quartermaster/stores';
import type { AnyTask, TaskRegistry } from '@quartermaster/tasks';
import { buildFieldPatterns } from './build-fields.js';
import { validateBody } from './validate.js';

/** What a request for a task says. */
export interface SentTask {
  /** As the record will have them: defaults and what the run adds included. */
  readonly fields: JsonObject;
  readonly slack_channel: string | undefined;
}

const channelSchema = Joi.object<{ slack_channel?: string }>({
  slack_channel: Joi.string().pattern(buildFieldPatterns.slackChannel, 'a channel name').empty(''),
});

/** Checks a body against the task's schema, which knows nothing of the channel. Throws 400 with every problem. */
export function validateTask(task: AnyTask, body: unknown): SentTask {
  const { slack_channel: channel, ...own } = isObject(body) ? body : {};
  const problems: Problem[] = [];
  const attempt = <T>(check: () => T): T | undefined => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof AppError) || error.problems.length === 0) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const sent = attempt(() => validateBody(task.schema as Joi.ObjectSchema<object>, isObject(body) ? own : body));
  const said = attempt(() => validateBody(channelSchema, channel === undefined ? {} : { slack_channel: channel }));
  if (problems.length > 0) throw new AppError('invalid', 'invalid-body', 'The body is not valid.', { problems });
  // Through JSON, as the record keeps it: dates become text.
  const fields = JSON.parse(JSON.stringify({ ...task.initial, ...sent })) as JsonObject;
  return { fields, slack_channel: said?.slack_channel };
}

/** What bodies of the tasks that there are look like: each task's own schema, and the channel beside. */
export function taskBodySchemas(registry: TaskRegistry): Joi.ObjectSchema[] {
  const tasks = registry.names().map((name) => registry.find(name));
  return tasks.filter((task) => task !== undefined).map((task) => withChannel(task.schema).label(task.name));
}

/** A task may have a field of that name itself, which nothing can be sent to. */
function withChannel(schema: Joi.ObjectSchema): Joi.ObjectSchema {
  try {
    return schema.concat(channelSchema);
  } catch {
    return schema;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** 24 hexadecimal digits, as AWSuper's ids have; the same for the same operation. */
export function taskIdOf(operationId: string): string {
  return createHash('sha256').update(operationId).digest('hex').slice(0, 24);
}
