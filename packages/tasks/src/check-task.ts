import { TASK_RECORD_FIELDS } from '@quartermaster/stores';
import type { AnyTask } from './define-task.js';

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST_NAME = 60;

/**
 * What a task's `index` exports, as a task: the definition itself, or the one under `task` or `default`. Throws with the
 * reason where it is none. Nothing is asked of what it was made with: a plug-in may bring its own copy of joi.
 */
export function checkTask(exported: unknown, isTaken: (name: string) => boolean): AnyTask {
  const task = [exported, memberOf(exported, 'task'), memberOf(exported, 'default')].find(looksLikeTask);
  if (task === undefined) throw new Error('it exports no task: module.exports = { task: defineTask({ … }) }');
  const { name, aliases = [], schema, initial = {}, run } = task;
  for (const word of namesOf(name, aliases)) {
    if (isTaken(word)) throw new Error(`there is a task ${word} already`);
  }
  const fields = [...schemaKeys(schema), ...Object.keys(initial as object)];
  const reserved = fields.filter((field) => TASK_RECORD_FIELDS.some((own) => own === field));
  if (reserved.length > 0) {
    throw new Error(`a field can not be called ${reserved.join(', ')}: that stands beside the fields in every record`);
  }
  if (typeof run !== 'function') throw new Error("its run is no function: run: () => import('./run.js')");
  for (const optional of ['describe', 'isQuiet', 'waits', 'resume'] as const) {
    const given = task[optional];
    if (given !== undefined && typeof given !== 'function') throw new Error(`its ${optional} is no function`);
  }
  return task as unknown as AnyTask;
}

type Unchecked = { readonly [Field in keyof AnyTask]?: unknown };

function memberOf(exported: unknown, member: string): unknown {
  return typeof exported === 'object' && exported !== null ? (exported as Record<string, unknown>)[member] : undefined;
}

function looksLikeTask(value: unknown): value is Unchecked {
  return typeof value === 'object' && value !== null && 'name' in value && ('schema' in value || 'run' in value);
}

function namesOf(name: unknown, aliases: unknown): string[] {
  if (!Array.isArray(aliases)) throw new Error('its aliases are no list');
  return [name, ...(aliases as unknown[])].map((word) => {
    if (typeof word === 'string' && NAME.test(word) && word.length <= LONGEST_NAME) return word;
    throw new Error(`its name must be lower-case words joined by dashes, not ${JSON.stringify(word)}`);
  });
}

/** Of a joi object schema of whatever copy and version (joi.dev/api: `any.describe`). */
function schemaKeys(schema: unknown): string[] {
  const { describe, validate } = (schema ?? {}) as { describe?: unknown; validate?: unknown };
  if (typeof describe !== 'function' || typeof validate !== 'function') {
    throw new Error('its schema is no joi schema: schema: Joi.object({ … })');
  }
  const described = (schema as { describe(): { type?: unknown; keys?: object } }).describe();
  if (described.type !== 'object') throw new Error('its schema is not one of an object: schema: Joi.object({ … })');
  return Object.keys(described.keys ?? {});
}
