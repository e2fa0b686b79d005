/** What `GET /processes` answers. */
export interface Overview {
  readonly processes: readonly ProcessState[];
  readonly queues: readonly QueueState[];
  readonly caches: readonly CacheState[];
  /** Work that was accepted and is not done. */
  readonly open_jobs: number;
  /** `behind`: etcd is out of reach. */
  readonly discovery: 'current' | 'behind' | 'off';
}

export interface ProcessState {
  readonly id: string;
  readonly process: string;
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  readonly queues: readonly string[];
  /** Of a worker or mini-worker: the AWS region of the instances. */
  readonly region?: string;
  /** Of a mini-worker: it does the chores. */
  readonly leads?: boolean;
  readonly alive: boolean;
  readonly uptime_seconds: number;
  readonly last_beat_seconds: number;
}

export interface QueueState {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  /** Given up in the last days. */
  readonly failed: number;
  readonly paused: boolean;
  /** Of the oldest waiting job; null where none waits. */
  readonly oldest_seconds: number | null;
  /** Living workers that serve it. */
  readonly workers: number;
}

export interface CacheState {
  readonly name: string;
  /** null where it was never read. */
  readonly age_seconds: number | null;
}
