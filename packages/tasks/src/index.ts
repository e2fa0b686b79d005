/**
 * Tasks: plug-ins that an operator runs. What a task is (`defineTask`), what it has to work with (`TaskContext`), which
 * there are, and the built-in ones, a folder each. Loads no SDK; a task's own `run` is imported by the worker only.
 */
export * from './define-task.js';
export * from './task-context.js';
export { RetryLater } from '@quartermaster/jobs';
