import type { ErrorRecord } from '@quartermaster/foundation';
import type { BuildRequest } from '@quartermaster/instances';

/** `pending` → `started` (RunInstances has answered) → `finished` (every instance has reported), or `failed`. */
export type BuildState = 'pending' | 'started' | 'finished' | 'failed';

export interface Build {
  readonly id: string;
  readonly state: BuildState;
  readonly request: BuildRequest;
  readonly request_id: string;
  readonly instance_ids: readonly string[];
  /** Instance id → when it reported, ISO 8601. */
  readonly reports: Readonly<Record<string, string>>;
  /** Instances that had not reported when the time for it was over. */
  readonly unreported: readonly string[];
  readonly error?: ErrorRecord;
  readonly created_at: string;
  readonly started_at?: string;
  readonly finished_at?: string;
  /** SHA-256 of the build's own credential, and when that credential ends (ms since 1970). */
  readonly credential?: { readonly hash: string; readonly expires_at: number };
}

/** Fields by which builds can be listed through an index. */
export const BUILD_FILTERS = ['site', 'env', 'queue', 'role'] as const;
export type BuildFilter = Partial<Record<(typeof BUILD_FILTERS)[number] | 'state', string>>;
