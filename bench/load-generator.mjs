// One round of autocannon, in a process of its own. Options come as JSON, the figures go out as JSON.
import autocannon from 'autocannon';

const { url, method = 'GET', headers = {}, body, connections, seconds, expected } = JSON.parse(process.argv[2] ?? '{}');
const statuses = new Map();
const latencies = [];
let sent = 0;
/** `{n}` in a body is another number in every request. */
const numbered = { setupRequest: (request) => ({ ...request, body: body.replace('{n}', String((sent += 1))) }) };
const instance = autocannon({
  url,
  method,
  headers,
  ...(body === undefined ? {} : { body }),
  ...(body?.includes('{n}') ? { requests: [numbered] } : {}),
  connections,
  duration: seconds,
  pipelining: 1,
});
// autocannon's own histogram counts whole milliseconds: too coarse for a ratio.
instance.on('response', (_client, status, _bytes, ms) => {
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  latencies.push(ms);
});
instance.on('done', (result) => {
  latencies.sort((a, b) => a - b);
  const at = (part) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? 0;
  const failed = [...statuses].reduce((sum, [status, count]) => sum + (expected.includes(status) ? 0 : count), 0);
  const figures = {
    rate: result.requests.total / result.duration,
    p50: at(0.5),
    p99: at(0.99),
    failed: failed + result.errors + result.timeouts,
    statuses: [...statuses].map(([status, count]) => `${status}: ${count}`).join(', '),
  };
  process.stdout.write(JSON.stringify(figures));
});
