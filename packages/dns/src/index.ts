/**
 * DNS records: host names, which zone one belongs to, what is sent to Route 53 for a wish, and what is to be believed when
 * its answer was lost. All pure; loads no SDK. `aws` is the port made real on Route 53.
 */
export * from './dns-port.js';
export * from './record.js';
