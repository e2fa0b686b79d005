/** Registers a Node service with Quartermaster's discovery, and follows others. Needs nothing of the product but `web`. */
export * from './client.js';
export type { Link, LinkState, Loss, Message, Refusal, SocketOptions } from './link.js';
