/** A zone in memory that is as strict as Route 53, for the tests of who works on zones. Never part of the product. */
export { MemoryZone, type Applied, type OwnedSet } from './memory-zone.js';
