import type { Domain } from '../stream';
import { builds } from './builds';
import { dns } from './dns';
import { restarts } from './restarts';

/** Every part of the product that can be soaked, by the name that the command takes. */
export const domains: Readonly<Record<string, Domain>> = { builds, dns, restarts };
