/** The port to Slack, on `@slack/web-api`. Loading this loads it: the worker only. */
export { createSlackNotifier } from './create-notifier.js';
export type { SlackOptions } from './create-notifier.js';
