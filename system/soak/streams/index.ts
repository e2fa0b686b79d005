import type { Domain } from '../stream';
import { builds } from './builds';
import { dns } from './dns';

/** Every part of the product that can be soaked, by the name that the command takes. */
export const domains: Readonly<Record<string, Domain>> = { builds, dns };
