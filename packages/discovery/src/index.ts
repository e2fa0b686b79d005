/** Services that know of each other: what is registered, what changed, who is told. */
export const SERVICE_PREFIX = 'service/';
