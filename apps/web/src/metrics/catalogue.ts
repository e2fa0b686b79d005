/** What Prometheus is told of a metric. */
export interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** None that Prometheus or its operator sets itself (`job`, `service`, `pod` …): a scrape would rename ours. */
  readonly labels: readonly string[];
}

/** Of what each process hands over: the name in its figures, besides the labels `process` and `id`. */
interface ProcessMetric extends Metric {
  readonly figure: string;
}

const OF_PROCESS = ['process', 'id'] as const;

/** What every process counts for itself. */
export const PROCESS_METRICS = {
  quartermaster_http_requests_total: {
    type: 'counter',
    figure: 'http_requests',
    labels: ['method', 'route', 'status'],
    help: 'Requests answered, by the pattern of their route (unknown: none); status 499: the caller left first',
  },
  quartermaster_http_request_duration_seconds: {
    type: 'histogram',
    figure: 'http_seconds',
    labels: ['method', 'route'],
    help: 'From the beginning of a request to the end of its answer; one that waits for work (Prefer) takes as long',
  },
  quartermaster_jobs_total: {
    type: 'counter',
    figure: 'jobs',
    labels: ['kind', 'outcome'],
    help: 'Tries of jobs that ended: done, retried (failed, comes again), postponed (waits, no failure), given-up',
  },
  quartermaster_job_duration_seconds: {
    type: 'histogram',
    figure: 'job_seconds',
    labels: ['kind'],
    help: 'Time that one try of a job took',
  },
  quartermaster_unknown_jobs_total: {
    type: 'counter',
    figure: 'unknown_jobs',
    labels: ['queue'],
    help: 'Jobs put back because this worker does not know their kind, each time counted: a newer version wrote them',
  },
  quartermaster_cloud_calls_total: {
    type: 'counter',
    figure: 'cloud_calls',
    labels: ['peer_service', 'operation', 'outcome'],
    help: 'Requests sent to the outside, every retry counted: ok, throttled, refused, failed (no answer, or 5xx)',
  },
  quartermaster_discovery_sockets: {
    type: 'gauge',
    figure: 'discovery_sockets',
    labels: [],
    help: 'WebSockets of service discovery that are open',
  },
  quartermaster_discovery_current: {
    type: 'gauge',
    figure: 'discovery_current',
    labels: [],
    help: '1: this web knows all services as etcd has them; 0: it is behind; missing without etcd',
  },
  quartermaster_couchdb_ring_nodes_missing: {
    type: 'gauge',
    figure: 'ring_nodes_missing',
    labels: ['cluster'],
    help: 'Nodes of a CouchDB cluster that are ready and not in its replication ring',
  },
  quartermaster_couchdb_ring_broken: {
    type: 'gauge',
    figure: 'ring_broken',
    labels: ['cluster'],
    help: '1: the replication ring of a CouchDB cluster does not go through its nodes and should be drawn anew',
  },
  quartermaster_process_memory_bytes: {
    type: 'gauge',
    figure: 'memory',
    labels: ['kind'],
    help: 'Memory of a process: heap (used), resident',
  },
  quartermaster_process_event_loop_lag_seconds: {
    type: 'gauge',
    figure: 'event_loop_lag',
    labels: [],
    help: 'The longest delay of the event loop in the last 5 to 10 seconds',
  },
} as const satisfies Record<string, ProcessMetric>;

/** What stands in Redis, or follows from the heartbeats. */
const SHARED_METRICS = {
  quartermaster_process_info: {
    type: 'gauge',
    labels: [...OF_PROCESS, 'version', 'host'],
    help: 'Always 1, for every living process',
  },
  quartermaster_process_start_time_seconds: {
    type: 'gauge',
    labels: OF_PROCESS,
    help: 'When a process began, seconds since 1970',
  },
  quartermaster_process_leads: {
    type: 'gauge',
    labels: OF_PROCESS,
    help: '1: this mini-worker is the one that does the chores',
  },
  quartermaster_processes: {
    type: 'gauge',
    labels: ['process'],
    help: 'Living processes of each kind',
  },
  quartermaster_queue_jobs: {
    type: 'gauge',
    labels: ['queue', 'state'],
    help: 'Jobs in a queue: waiting, active, delayed (until their time, or their next try), failed (kept to be looked at)',
  },
  quartermaster_queue_oldest_job_age_seconds: {
    type: 'gauge',
    labels: ['queue'],
    help: 'How long the job has waited that waits longest; 0: none waits',
  },
  quartermaster_queue_workers: {
    type: 'gauge',
    labels: ['queue'],
    help: 'Living workers that serve a queue',
  },
  quartermaster_queue_paused: {
    type: 'gauge',
    labels: ['queue'],
    help: '1: an operator has paused this queue',
  },
  quartermaster_open_jobs: {
    type: 'gauge',
    labels: [],
    help: 'Jobs in the ledger: accepted and not ended, whatever their queue says',
  },
  quartermaster_cache_age_seconds: {
    type: 'gauge',
    labels: ['cache'],
    help: 'Time since a cache was refreshed; one that never was: since the mini-worker began; missing: and there is none',
  },
  quartermaster_couchdb_ring_lag_changes: {
    type: 'gauge',
    labels: ['cluster'],
    help: 'Changes that have not gone on to the next node, of the way in the replication ring of a CouchDB cluster with the most',
  },
  quartermaster_couchdb_ring_ways: {
    type: 'gauge',
    labels: ['cluster', 'state'],
    help: 'Ways of one database from node to node in the ring of a CouchDB cluster, by state: running, starting, failing, failed, completed, missing, unknown',
  },
  quartermaster_redis_warnings: {
    type: 'gauge',
    labels: [],
    help: 'How many settings of Redis are not safe; GET /readyz names them under warnings',
  },
} as const satisfies Record<string, Metric>;

export const METRICS: Readonly<Record<string, Metric>> = {
  ...Object.fromEntries(
    Object.entries(PROCESS_METRICS).map(([name, metric]) => [
      name,
      { ...metric, labels: [...OF_PROCESS, ...metric.labels] },
    ]),
  ),
  ...SHARED_METRICS,
};

export type SharedMetricName = keyof typeof SHARED_METRICS;
