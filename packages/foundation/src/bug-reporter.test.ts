import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createBugReporter } from './bug-reporter.js';
import { createSilentLogger } from './logging.js';

const SECRET = 'a-secret-that-must-stay-here';
const KEY = '0123456789abcdef0123456789abcdef';

let sentry: Server;
let dsn: string;
const envelopes: string[] = [];

beforeAll(async () => {
  sentry = createServer((request, response) => {
    void text(request).then((body) => {
      envelopes.push(body);
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => void sentry.listen(0, '127.0.0.1', resolve));
  dsn = `http://${KEY}@127.0.0.1:${(sentry.address() as AddressInfo).port}/1`;
});
afterAll(async () => {
  sentry.closeAllConnections();
  await new Promise((resolve) => sentry.close(resolve));
});

async function arrived(): Promise<string> {
  for (let tries = 0; envelopes.length === 0 && tries < 3000; tries += 1) await new Promise((r) => setTimeout(r, 20));
  return envelopes.join('\n');
}

describe('a bug with a DSN', () => {
  it('is told to Sentry with its request, without what is secret', async () => {
    const log = createSilentLogger();
    const report = await createBugReporter({ dsn, process: 'web', version: '1.2.3', log, secrets: [SECRET] });
    const cause = new Error(`Authorization: Bearer another-secret-0123`);
    report(new Error(`No route to http://x:pass-of-a-url@host/ with ${SECRET}`, { cause }), 'request-7');
    const sent = await arrived();
    expect(sent).toContain('No route to http://x:[redacted]@host/ with [redacted]');
    expect(sent).toMatch(/"request_id":"request-7"/);
    expect(sent).toContain('quartermaster@1.2.3');
    expect(sent).toContain('bug-reporter.test');
    for (const secret of [SECRET, 'pass-of-a-url', 'another-secret-0123']) expect(sent).not.toContain(secret);
  });
});

describe('the error that ends a process', () => {
  it('has been told when the process may end', async () => {
    const log = createSilentLogger();
    const told: ((error: unknown) => Promise<unknown>)[] = [];
    const shutdown = { onCrash: (tell: (error: unknown) => Promise<unknown>) => void told.push(tell) };
    await createBugReporter({ dsn, process: 'worker', version: '1.2.3', log, secrets: [SECRET], shutdown });
    envelopes.length = 0;
    await told[0]?.(new Error(`The end, by ${SECRET}`));
    expect(envelopes.join()).toContain('The end, by [redacted]');
    expect(envelopes.join()).toContain('"level":"fatal"');
  });
});

describe('a bug without a DSN', () => {
  it('goes nowhere', async () => {
    const log = createSilentLogger();
    const report = await createBugReporter({ dsn: undefined, process: 'web', version: '1', log, secrets: [] });
    const before = envelopes.length;
    report(new Error('told to nobody'), 'request-8');
    expect(envelopes).toHaveLength(before);
  });
});
