/**
 * Tasks: plug-ins that an operator runs. What a task is (`defineTask`), what it has to work with (`TaskContext`), which
 * there are, and the built-in ones, a folder each. Loads no SDK; a task's own `run` is imported by the worker only.
 */
export * from './built-in.js';
export * from './define-task.js';
export * from './query/index.js';
export * from './registry.js';
export * from './schedule/index.js';
export * from './task-context.js';
export * from './task-variables.js';
export { AppError } from '@quartermaster/foundation';
export { RetryLater } from '@quartermaster/jobs';
