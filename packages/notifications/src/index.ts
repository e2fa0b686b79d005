/**
 * What people are told, in chat, of what happens: the sentences (pure) and the port that posts them; and the port by which
 * status updates go on to another system. Loads no SDK; the sub-paths `slack` and `http` are the ports made real.
 */
export * from './couchdb-texts.js';
export * from './mrkdwn.js';
export * from './notifier-port.js';
export * from './task-texts.js';
export * from './status-receiver.js';
export * from './texts.js';
