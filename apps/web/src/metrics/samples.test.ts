import { createFigureBook } from '@quartermaster/foundation';
import type { SeenProcess } from '@quartermaster/stores';
import type { Overview } from '../overview.js';
import { METRICS } from './catalogue.js';
import { createTellRequest, declareFailures } from './request-figures.js';
import { planSamples as planOf, type Observed, type Sample } from './samples.js';
import { writeMetrics } from './write.js';

const seen = (id: string, process: SeenProcess['process'], alive = true): SeenProcess => ({
  id,
  process,
  version: '1.2.3',
  host: 'h',
  pid: 1,
  started_at: 1_000_000,
  beat_at: 2_000_000,
  queues: [],
  alive,
});
const EMPTY: Overview = { processes: [], queues: [], caches: [], openJobs: 0 };
const NOW = 2_000_000;

const planSamples = (
  overview: Overview,
  figures: Observed['figures'],
  redisProblems: Observed['redisProblems'] = [],
  rings: Observed['rings'] = [],
): Map<string, Sample[]> => planOf({ overview, figures, rings, redisProblems, now: NOW });

function figuresOfWeb() {
  const book = createFigureBook();
  const tell = createTellRequest(book);
  tell('GET', '/instances/:id', 200, 0.004);
  tell('GET', '/instances/:id', 200, 0.3);
  tell('GET', undefined, 404, 0.001);
  return book.take();
}

describe('what /metrics shows', () => {
  it('has the requests by pattern, with the process that answered them', async () => {
    const text = await writeMetrics(
      planSamples({ ...EMPTY, processes: [seen('w1', 'web')] }, new Map([['w1', figuresOfWeb()]])),
    );
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        '# TYPE quartermaster_http_requests_total counter',
        'quartermaster_http_requests_total{process="web",id="w1",method="GET",route="/instances/:id",status="200"} 2',
        'quartermaster_http_requests_total{process="web",id="w1",method="GET",route="unknown",status="404"} 1',
        'quartermaster_http_request_duration_seconds_bucket{le="0.005",process="web",id="w1",method="GET",route="/instances/:id"} 1',
        'quartermaster_http_request_duration_seconds_bucket{le="0.1",process="web",id="w1",method="GET",route="/instances/:id"} 1',
        'quartermaster_http_request_duration_seconds_bucket{le="0.5",process="web",id="w1",method="GET",route="/instances/:id"} 2',
        'quartermaster_http_request_duration_seconds_bucket{le="+Inf",process="web",id="w1",method="GET",route="/instances/:id"} 2',
        'quartermaster_http_request_duration_seconds_sum{process="web",id="w1",method="GET",route="/instances/:id"} 0.304',
        'quartermaster_http_request_duration_seconds_count{process="web",id="w1",method="GET",route="/instances/:id"} 2',
      ]),
    );
  });

  it('has the rings of CouchDB clusters, with no lag where nobody knows one', async () => {
    const rings: Observed['rings'] = [
      { cluster: 'shop-1', pending: 12, ways: { running: 5, failing: 1 } },
      { cluster: 'shop-2', ways: { unknown: 2 } },
    ];
    const text = await writeMetrics(planSamples(EMPTY, new Map(), [], rings));
    expect(text.match(/^quartermaster_couchdb_ring_lag.*$/gm)).toEqual([
      'quartermaster_couchdb_ring_lag_changes{cluster="shop-1"} 12',
    ]);
    expect(text.match(/^quartermaster_couchdb_ring_ways.* [1-9].*$/gm)).toEqual([
      'quartermaster_couchdb_ring_ways{cluster="shop-1",state="running"} 5',
      'quartermaster_couchdb_ring_ways{cluster="shop-1",state="failing"} 1',
      'quartermaster_couchdb_ring_ways{cluster="shop-2",state="unknown"} 2',
    ]);
    expect(text).toContain('quartermaster_couchdb_ring_ways{cluster="shop-1",state="missing"} 0');
  });

  it('leaves out what a process counted that is gone', async () => {
    const processes = [seen('w1', 'web', false), seen('w2', 'web')];
    const figures = new Map(['w1', 'w2'].map((id) => [id, figuresOfWeb()] as const));
    const text = await writeMetrics(planSamples({ ...EMPTY, processes }, figures));
    expect(text).toContain('id="w2"');
    expect(text).not.toContain('id="w1"');
    expect(text).toContain('quartermaster_processes{process="web"} 1');
  });

  it('says 0 of processes of which there is none, so that an alert can see it', () => {
    expect(planSamples(EMPTY, new Map()).get('quartermaster_processes')).toEqual([
      { labels: { process: 'web' }, value: 0 },
      { labels: { process: 'worker' }, value: 0 },
      { labels: { process: 'mini-worker' }, value: 0 },
    ]);
  });

  it('shows the age of a cache, and the oldest job of each queue', () => {
    const queue = { name: 'tasks', waiting: 2, active: 0, delayed: 1, failed: 0, paused: true } as const;
    const samples = planSamples(
      {
        ...EMPTY,
        queues: [{ ...queue, oldest_seconds: 7, workers: 1 }],
        caches: [{ name: 'zones', age_seconds: 3 }],
      },
      new Map(),
    );
    expect(samples.get('quartermaster_cache_age_seconds')).toEqual([{ labels: { cache: 'zones' }, value: 3 }]);
    expect(samples.get('quartermaster_queue_oldest_job_age_seconds')).toEqual([
      { labels: { queue: 'tasks' }, value: 7 },
    ]);
    expect(samples.get('quartermaster_queue_paused')?.[0]?.value).toBe(1);
  });

  it('shows a cache that was never filled as old as the mini-worker that leads, or as the oldest', () => {
    const caches = [{ name: 'images', age_seconds: null }];
    const ages = (...processes: SeenProcess[]): number[] =>
      (planSamples({ ...EMPTY, caches, processes }, new Map()).get('quartermaster_cache_age_seconds') ?? []).map(
        ({ value }) => value,
      );
    const standby = { ...seen('m1', 'mini-worker'), leads: false };
    const leader = { ...seen('m2', 'mini-worker'), started_at: NOW - 400_000, leads: true };
    expect(ages(standby, leader)).toEqual([400]);
    expect(ages(standby, { ...leader, leads: false })).toEqual([1000]);
    expect(ages(standby, { ...leader, alive: false })).toEqual([1000]);
    // That no mini-worker is there has an alert of its own.
    expect(ages(seen('w', 'worker'))).toEqual([]);
  });

  it('shows how many settings of Redis are not safe, and nothing where Redis does not tell', () => {
    const show = (problems: Observed['redisProblems']): Sample[] | undefined =>
      planOf({ overview: EMPTY, rings: [], figures: new Map(), redisProblems: problems, now: NOW }).get(
        'quartermaster_redis_warnings',
      );
    expect(show([])).toEqual([{ labels: {}, value: 0 }]);
    expect(show(['appendonly is off'])).toEqual([{ labels: {}, value: 1 }]);
    expect(show(undefined)).toEqual([]);
  });

  it('shows the failures of each route as 0 before the first, so that an alert sees that as an increase', () => {
    const book = createFigureBook();
    declareFailures(book, [{ method: 'get', path: '/instances/:id' }]);
    createTellRequest(book)('GET', '/instances/:id', 503, 0.001);
    const samples = planSamples({ ...EMPTY, processes: [seen('w1', 'web')] }, new Map([['w1', book.take()]]));
    const labels = { process: 'web', id: 'w1', method: 'GET', route: '/instances/:id' };
    expect(samples.get('quartermaster_http_requests_total')).toEqual([
      { labels: { ...labels, status: '500' }, value: 0 },
      { labels: { ...labels, status: '503' }, value: 1 },
    ]);
  });

  it('has the labels that the catalogue promises, whatever is shown', () => {
    const book = createFigureBook();
    book.count('cloud_calls', 'ec2|RunInstances|ok');
    book.count('jobs', 'run-task|done');
    book.count('unknown_jobs', 'tasks');
    book.time('job_seconds', 'run-task', 1);
    for (const level of ['memory', 'ring_nodes_missing', 'ring_broken', 'event_loop_lag', 'discovery_sockets'])
      book.level(level, () => ({ x: 1 }));
    const processes = [{ ...seen('m', 'mini-worker'), leads: true }];
    const samples = planSamples({ ...EMPTY, processes }, new Map([['m', book.take()]]));
    const wrong = [...samples].flatMap(([name, list]) =>
      list
        .map(({ labels }) => Object.keys(labels).filter((label) => label !== 'le'))
        .filter((labels) => labels.join() !== METRICS[name]?.labels.join())
        .map((labels) => `${name}: ${labels.join()}`),
    );
    expect(wrong).toEqual([]);
  });
});
