/**
 * What people are told, in chat, of what happens to their instances: the sentences (pure) and the port that posts them.
 * Loads no SDK; the sub-path `slack` is the port made real on Slack.
 */
export * from './mrkdwn.js';
export * from './notifier-port.js';
export * from './task-texts.js';
export * from './texts.js';
