/**
 * DNS records: host names, which zone one belongs to, what is sent to Route 53 for a wish, and what is to be believed when
 * its answer was lost (`plan-change`); which wishes go into a batch (`plan-batch`); the work on one zone as a machine that
 * the worker carries out (`drain`). All pure; loads no SDK. `aws` is the port made real on Route 53.
 */
export * from './dns-port.js';
export * from './record.js';
export * from './drain-event.js';
export * from './drain.js';
export * from './drain-state.js';
export { parseHostname, type ParsedHostname } from './hostname.js';
export * from './plan-batch.js';
export * from './plan-change.js';
export * from './read-standing.js';
export { describeRecordSet, isSameRecordSet, markForeign } from './record-sets.js';
export * from './wish.js';
export * from './zones.js';
