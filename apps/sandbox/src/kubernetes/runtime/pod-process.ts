import { rmSync, writeFileSync } from 'node:fs';
import http, { type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createVerify } from './credentials.js';
import { createGuard } from './guard.js';
import type { PodOrders } from './pod-orders.js';

/**
 * The process of a container: the real pouchdb-server behind a guard, one CouchDB node on the pod's address. The sandbox
 * forks it into a folder of its own and sends one message, the orders. It ends when the sandbox does, however that ends.
 */
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
// CouchDB survives a request that fails within; here it is one process that would end.
process.on('uncaughtException', (error) => process.stderr.write(`${error.stack ?? error.message}\n`));
process.once('message', (orders) => run(orders as PodOrders));

/** CouchDB keeps idle connections for five minutes, and waits for a body as long as it takes. */
const SERVER_SETTINGS = { keepAliveTimeout: 300_000, requestTimeout: 0, headersTimeout: 0 } as const;

function run({ directory, host, port, version, admins, folder }: PodOrders): void {
  process.prependListener('disconnect', () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  const guard = { version, isParty: Object.keys(admins).length === 0, verify: createVerify(admins) };
  const { createServer } = http;
  // pouchdb-server opens its port by itself and takes no other listener: so its listener is put behind the guard.
  const behindGuard = (first?: ServerOptions | RequestListener, second?: RequestListener): Server => {
    const inner = typeof first === 'function' ? first : second;
    const settings = typeof first === 'object' ? { ...first, ...SERVER_SETTINGS } : SERVER_SETTINGS;
    const server = createServer(settings, inner === undefined ? undefined : createGuard(guard, inner));
    server.once('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    });
    return server;
  };
  Object.assign(http, { createServer: behindGuard });
  writeFileSync('config.json', JSON.stringify({ log: { level: 'error' } }));
  const where = folder === undefined ? ['--in-memory'] : ['--dir', folder];
  process.argv.splice(
    2,
    Number.POSITIVE_INFINITY,
    '--port',
    String(port),
    '--host',
    host,
    '--no-stdout-logs',
    ...where,
  );
  // A program without types, which starts by being loaded.
  require('pouchdb-server');
}
