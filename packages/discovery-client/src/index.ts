/** Registers a service, and watches others, through Quartermaster's discovery sockets. */
export const PROTOCOL = 1;
