/** How every adapter calls AWS: under its guard at each attempt, in time, and with failures in the house's words. */
export * from './calls.js';
export * from './client-settings.js';
export * from './errors.js';
export * from './tell-attempts.js';
