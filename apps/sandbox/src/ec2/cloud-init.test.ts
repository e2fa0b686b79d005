import { RunInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { eventually, startHttpServer, type HttpServer } from '@quartermaster/testing';
import { gzipSync } from 'node:zlib';
import { startSandbox, type StartedSandbox } from '../testing/started-sandbox.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}
interface Shown {
  readonly script: string | null;
  readonly cloud_init: Record<string, unknown>;
}

/** A web process as an instance sees it: the answers are what a test puts in. */
interface Web {
  readonly url: string;
  readonly seen: Seen[];
  answer: (request: Seen) => { status: number; body?: string };
  listen(port?: number): Promise<void>;
  close(): Promise<void>;
}

function createWeb(): Web {
  const seen: Seen[] = [];
  let server: HttpServer | undefined;
  const web: Web = {
    get url() {
      return server?.url ?? '';
    },
    seen,
    answer: () => ({ status: 200, body: '#!/bin/bash\necho hello\n' }),
    listen: async (port) => {
      server = await startHttpServer(({ method, url, headers, body: sent }, response) => {
        const entry = {
          method,
          url,
          authorization: headers.authorization,
          contentType: headers['content-type'],
          body: sent,
        };
        seen.push(entry);
        const { status, body = '' } = web.answer(entry);
        response.writeHead(status).end(body);
      }, port);
    },
    close: async () => server?.stop(),
  };
  return web;
}

let sandbox: StartedSandbox;
let web: Web;

beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_CLOUD_INIT_RETRY_MS: '60000' });
});
beforeEach(async () => {
  web = createWeb();
  await web.listen();
  await sandbox.send('POST', 'reset');
});
afterEach(() => web.close());
afterAll(() => sandbox.stop());

async function boot(userData: string | Buffer, count = 1): Promise<string[]> {
  const { images } = await sandbox.resources();
  const answer = await sandbox.ec2.send(
    new RunInstancesCommand({
      ImageId: images[0]?.id,
      InstanceType: 't3.micro',
      MinCount: count,
      MaxCount: count,
      UserData: Buffer.from(userData).toString('base64'),
    }),
  );
  return (answer.Instances ?? []).map((instance) => instance.InstanceId ?? '');
}

const includeOf = (build: string): string =>
  `#include-once ${web.url.replace('http://', 'http://x:s%2Fcret@')}/init-scripts/${build}\n`;
const show = (id: string): Promise<Shown> => sandbox.get(`instances/${id}`);
const credential = `Basic ${Buffer.from('x:s/cret').toString('base64')}`;

async function settled(id: string, outcome: string): Promise<Shown> {
  return eventually(async () => {
    const shown = await show(id);
    expect(shown.cloud_init['outcome']).toBe(outcome);
    return shown;
  });
}

describe('a booted instance', () => {
  it('fetches the included script with the credential of the URL, keeps it, and reports itself finished', async () => {
    const ids = await boot(includeOf('b-1'), 2);
    for (const id of ids) {
      const shown = await settled(id, 'reported');
      expect(shown.script).toBe('#!/bin/bash\necho hello\n');
      expect(shown.cloud_init).toMatchObject({ build_id: 'b-1', fetch_attempts: 1, report_attempts: 1 });
      expect(JSON.stringify(shown)).not.toContain('cret@');
    }
    const reports = web.seen.filter(({ method }) => method === 'PATCH');
    expect(web.seen.filter(({ method }) => method === 'GET')).toHaveLength(2);
    expect(new Set(reports.map(({ body }) => new URLSearchParams(body).get('instance-id')))).toEqual(new Set(ids));
    for (const report of reports) {
      expect(report.url).toBe('/instance-builds/b-1');
      expect(report.contentType).toMatch(/^application\/x-www-form-urlencoded/);
      expect(new URLSearchParams(report.body).get('state')).toBe('finished');
    }
    expect(web.seen.every(({ authorization }) => authorization === credential)).toBe(true);
    const { reports: listed } = await sandbox.get<{ reports: { instance_id: string; outcome: string }[] }>('reports');
    expect(listed.map(({ outcome }) => outcome)).toEqual(['reported', 'reported']);
  });

  it('understands a URL on a line of its own, comments, and gzipped user data', async () => {
    const text = `#include\n# the script\n${web.url}/init-scripts/b-2\n`;
    const [plain = ''] = await boot(text);
    const [packed = ''] = await boot(gzipSync(text));
    await settled(plain, 'reported');
    await settled(packed, 'reported');
  });

  it('outlives a web process that is away for a moment and one that answers 503', async () => {
    const port = Number(new URL(web.url).port);
    await web.close();
    const [id = ''] = await boot(includeOf('b-3'));
    let refusals = 2;
    web.answer = ({ method }) => {
      if (method === 'GET') return { status: 200, body: 'script' };
      refusals -= 1;
      return { status: refusals >= 0 ? 503 : 200 };
    };
    await eventually(async () => expect((await show(id)).cloud_init['fetch_attempts']).toBeGreaterThan(0));
    await web.listen(port);
    const shown = await settled(id, 'reported');
    expect(shown.cloud_init['fetch_attempts']).toBeGreaterThan(1);
    expect(shown.cloud_init['report_attempts']).toBe(3);
  });

  it('takes a 4xx for an answer: no script, no report', async () => {
    web.answer = () => ({ status: 404 });
    const [id = ''] = await boot(includeOf('b-4'));
    const shown = await settled(id, 'fetch-refused');
    expect(shown).toMatchObject({ script: null, cloud_init: { last_status: 404, fetch_attempts: 1 } });
    expect(web.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  it('notes a report that was refused', async () => {
    web.answer = ({ method }) => ({ status: method === 'GET' ? 200 : 409 });
    const [id = ''] = await boot(includeOf('b-5'));
    expect((await settled(id, 'report-refused')).cloud_init['last_status']).toBe(409);
  });

  it('stops when it is terminated', async () => {
    web.answer = () => ({ status: 503 });
    const [id = ''] = await boot(includeOf('b-6'));
    await eventually(() => expect(web.seen.length).toBeGreaterThan(0));
    await sandbox.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await settled(id, 'stopped');
  });

  it('does nothing without an include, and nothing under the fault no-report', async () => {
    const [script = ''] = await boot('#!/bin/bash\necho hi\n');
    await sandbox.send('POST', 'faults', { kind: 'no-report', count: 1 });
    const [silent = '', loud = ''] = await boot(includeOf('b-7'), 2);
    await settled(script, 'no-include');
    await settled(loud, 'reported');
    expect((await show(silent)).cloud_init['outcome']).toBe('silent');
    expect(web.seen.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
  });
});
