/** How every adapter calls AWS: under its guard at each attempt, and with failures in the house's words. */
export {};
