/** What every part stands on: errors, configuration, logging, shutdown. Knows nothing of the subjects above it. */
export * from './bug-reporter.js';
export * from './cidr.js';
export * from './cloud-calls.js';
export * from './config.js';
export * from './duration.js';
export * from './effect-guard.js';
export * from './errors.js';
export * from './figures.js';
export * from './logging.js';
export * from './plain-messages.js';
export { createProcessFigures } from './process-figures.js';
export { createRedactor } from './redact.js';
export * from './shutdown.js';
export * from './text.js';
