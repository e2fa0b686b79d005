// From a put in etcd to the message on every socket, against watchers of etcd's bare client; slow readers; registrations.
import { once } from 'node:events';
import { Etcd3 } from 'etcd3';
import { WebSocket } from 'ws';
import { startEtcd } from '@quartermaster/testing';
import { median } from '../load.mjs';
import { pause, readMemory, startWeb, TOKEN } from '../processes.mjs';

const COUNTS = [1, 100, 1000];
/** Sockets that never read, of the last of these. */
const DEAF = 50;
/** As many nodes as make a message of some 16 kB; at ten a second more than the system's buffers take in a minute. */
const NODES_OF_LARGE = 450;

export async function benchDiscovery({ redis, rounds, seconds }) {
  const etcd = await startEtcd();
  const client = new Etcd3({ hosts: etcd.url });
  const limits = { DISCOVERY_SOCKETS: '20000', DISCOVERY_SOCKETS_PER_TOKEN: '20000' };
  const web = await startWeb(redis.url, { ETCD_HOSTS: etcd.url, LOG_LEVEL: 'warn', ...limits });
  try {
    const rows = [];
    for (const count of COUNTS) rows.push(...(await latencies({ client, web, count, rounds, seconds })));
    rows.push(...(await slowReaders({ client, web, seconds: seconds * 20 })));
    rows.push(await registrations({ client, web, rounds }));
    return rows;
  } finally {
    client.close();
    await web.stop();
    await etcd.stop();
  }
}

async function latencies({ client, web, count, rounds, seconds }) {
  const before = readMemory(web.pid).now;
  const sockets = await openAll(
    web,
    Array.from({ length: count }, () => '/etcd/monitor?monitor=bench'),
  );
  const memory = ((readMemory(web.pid).now - before) * 1024) / count;
  const puts = count === 1000 ? seconds * 15 : seconds * 50;
  const pairs = [];
  for (let round = 0; round < rounds; round += 1) {
    const watchers = await Promise.all(
      Array.from({ length: count }, () => client.watch().prefix('bare/bench/').create()),
    );
    const ofWatchers = (hear) => watchers.forEach((watcher) => watcher.removeAllListeners('put').on('put', hear));
    const baseline = await measurePuts(client, 'bare/bench/', puts, count, ofWatchers);
    await Promise.all(watchers.map((watcher) => watcher.cancel()));
    const ofSockets = (hear) => sockets.forEach((socket) => socket.removeAllListeners('message').on('message', hear));
    pairs.push({ baseline, product: await measurePuts(client, 'service/bench/', puts, count, ofSockets) });
  }
  await closeAll(sockets);
  const what = `put → message, ${count.toLocaleString('en')} socket${count === 1 ? '' : 's'}`;
  const rows = ['p50', 'p99'].map((part) => ({
    name: `${what}, ${part}`,
    against: `${count.toLocaleString('en')} etcd3 watcher${count === 1 ? '' : 's'}, one process`,
    unit: 'ms',
    figure: median(pairs.map((pair) => pair.product[part] / pair.baseline[part])),
    baseline: { rate: round1(median(pairs.map((pair) => pair.baseline[part]))) },
    product: { rate: round1(median(pairs.map((pair) => pair.product[part]))) },
    ratios: pairs.map((pair) => round1(pair.product[part] / pair.baseline[part])),
    ...(part === 'p99' && count === 100 ? { goal: { atMost: 1.5 } } : {}),
  }));
  if (count === 1000) rows.push(plain('memory of web per socket', 'kB', round1(memory)));
  return rows;
}

/** Times (ms) from each put to each receiver, one put after another; the first few do not count. */
async function measurePuts(client, prefix, puts, count, listen) {
  const times = [];
  for (let put = -5; put < puts; put += 1) {
    let left = count;
    let startedAt = 0;
    const all = new Promise((resolve) => {
      listen(() => {
        if (put >= 0) times.push(performance.now() - startedAt);
        if ((left -= 1) === 0) resolve();
      });
    });
    startedAt = performance.now();
    const address = `10.0.0.1:${8000 + (put & 7)}`;
    // Sent only once somebody waits for it.
    const sent = client
      .put(prefix + address)
      .value(address)
      .exec();
    await within(all, 10_000, () => `${left} of ${count} have not heard of put ${put} under ${prefix}`);
    await sent;
    await pause(2);
  }
  return percentiles(times);
}

async function slowReaders({ client, web, seconds }) {
  const addresses = Array.from({ length: NODES_OF_LARGE }, (_, i) => `10.1.${i >> 8}.${i & 255}:8080`);
  await Promise.all(addresses.map((address) => client.put(`service/large/${address}`).value(address)));
  const sockets = await openAll(
    web,
    Array.from({ length: 1000 }, () => '/etcd/monitor?monitor=large'),
  );
  for (const socket of sockets.slice(0, DEAF)) socket.pause();
  const times = [];
  let startedAt = 0;
  let counted = false;
  for (const socket of sockets.slice(DEAF)) {
    socket.on('message', () => {
      if (counted) times.push(performance.now() - startedAt);
    });
  }
  // Ten a second; the next one waits until the last is through, so that a time belongs to its put.
  let before = 0;
  let most = 0;
  const warmUp = Math.min(5, seconds / 4);
  const begun = performance.now();
  while (performance.now() - begun < (seconds + warmUp) * 1000) {
    if (!counted && performance.now() - begun > warmUp * 1000) {
      counted = true;
      before = readMemory(web.pid).now;
    }
    startedAt = performance.now();
    await client.put(`service/large/${addresses[0]}`).value(addresses[0]);
    await pause(100);
    if (counted) most = Math.max(most, readMemory(web.pid).now);
  }
  await closeAll(sockets);
  const what = `1,000 sockets, ${DEAF} never read, ${seconds} s`;
  return [
    { ...plain(`${what}: web grows by`, 'MB', most - before), goal: { atMost: 64 } },
    { ...plain(`${what}: put → message to the others, p99`, 'ms', percentiles(times).p99), goal: { atMost: 250 } },
  ];
}

/** As many registrations at once as a deployment of 50 nodes, until all 500 are open; etcd's part by hand beside it. */
async function registrations({ client, web, rounds }) {
  const count = 500;
  const pairs = [];
  for (let round = 0; round < rounds; round += 1) {
    const leases = [];
    const baseline = await rate(count, async (index) => {
      const lease = client.lease(15, { autoKeepAlive: false });
      leases.push(lease);
      await lease.put(`bare/node/10.0.0.1:${1000 + index}`).value('x');
    });
    await Promise.all(leases.map((lease) => lease.revoke().catch(() => undefined)));
    const sockets = [];
    const product = await rate(count, async (index) => {
      const [socket] = await openAll(web, [`/etcd/register?service=r${index % 50}&ip=10.0.0.1&port=${1000 + index}`]);
      sockets.push(socket);
    });
    await closeAll(sockets);
    pairs.push({ baseline, product });
  }
  return {
    name: 'registrations/s, 50 at once',
    against: 'etcd3: lease and put',
    unit: '/s',
    figure: median(pairs.map((pair) => pair.product / pair.baseline)),
    baseline: { rate: Math.round(median(pairs.map((pair) => pair.baseline))) },
    product: { rate: Math.round(median(pairs.map((pair) => pair.product))) },
  };
}

/** How many a second, 50 at once. */
async function rate(count, act) {
  const startedAt = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      while (next < count) await act((next += 1));
    }),
  );
  return count / ((performance.now() - startedAt) / 1000);
}

/** Opens sockets, 50 at once. */
async function openAll(web, paths) {
  const sockets = [];
  for (let from = 0; from < paths.length; from += 50) {
    const opening = paths.slice(from, from + 50).map(async (path) => {
      const headers = { authorization: `token ${TOKEN}` };
      const socket = new WebSocket(web.url.replace('http', 'ws') + path, { headers, perMessageDeflate: false });
      await once(socket, 'open');
      return socket;
    });
    sockets.push(...(await Promise.all(opening)));
  }
  return sockets;
}

async function closeAll(sockets) {
  await Promise.all(
    sockets.map(async (socket) => {
      socket.resume();
      socket.close();
      await once(socket, 'close');
    }),
  );
}

async function within(promise, ms, complaint) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint())), ms);
  });
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function percentiles(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)], p99: sorted[Math.floor(sorted.length * 0.99)] };
}

function plain(name, unit, figure) {
  return { name, against: '', unit, figure, product: { rate: figure } };
}

function round1(value) {
  return Number(value.toFixed(1));
}
