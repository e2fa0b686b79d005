import { randomUUID } from 'node:crypto';
import { eventually, findFreePort, startRedis } from '@quartermaster/testing';
import { createApi, type Answer } from '../harness/api';
import { BUILD, buildReaches, postBuild, type ShownBuild } from '../harness/builds';
import { startProcess } from '../harness/processes';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';
import { errorsOf, rawRequest, type RawAnswer } from './raw-request';

// Above the limits of the waits inside, so that these say what was missing.
let system: System;
let lane: Lane;
let seen: string[];

beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane({ start: ['worker'] });
  seen = [];
});
afterAll(() => system.stop());

async function post(body: string | object, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await lane.api('/instance-builds', { body, headers });
  seen.push(answer.text);
  return answer;
}

function postFields(fields: object): Promise<Answer> {
  return post({ instance_builds: { ...BUILD, ...fields } });
}

function raw(method: string, path: string, body?: Buffer | string): Promise<RawAnswer> {
  const headers = ['Authorization', `token ${TOKEN}`];
  return rawRequest(lane.webUrl + path, { method, headers, ...(body === undefined ? {} : { body }) });
}

function pointersOf(answer: Answer): string[] {
  return errorsOf(answer.text).map(({ source }) => source?.pointer ?? '');
}

async function expectNoBuilds(): Promise<void> {
  const { instance_builds } = (await lane.api<{ instance_builds: ShownBuild[] }>('/instance-builds')).json();
  expect(instance_builds).toEqual([]);
}

describe('a body that is refused', () => {
  it('has all its problems named at once, each with its pointer', async () => {
    const answer = await post({
      instance_builds: {
        site: 'with space',
        env: 7,
        instance_type: 'c3',
        count: 'many',
        root_volume_gb: 0,
        boot_instance: 'perhaps',
        tags: { Name: 'mine', 'quartermaster:build': 'x', ok: 'yes', list: ['x'] },
        unknown_field: true,
        'a/b~c': 1,
      },
      other: 1,
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const at = '/instance_builds';
    expect(pointersOf(answer).sort()).toEqual(
      [
        `${at}/site`,
        `${at}/env`,
        `${at}/queue`,
        `${at}/instance_type`,
        `${at}/count`,
        `${at}/root_volume_gb`,
        `${at}/boot_instance`,
        `${at}/tags/Name`,
        `${at}/tags/quartermaster:build`,
        `${at}/tags/list`,
        `${at}/unknown_field`,
        `${at}/a~1b~0c`,
        '/other',
      ].sort(),
    );
    const said = (pointer: string): string =>
      errorsOf(answer.text).find(({ source }) => source?.pointer === pointer)?.detail ?? '';
    expect(said(`${at}/unknown_field`)).toBe('instance_builds.unknown_field is not a known field');
    expect(said(`${at}/tags/Name`)).toContain('a tag has 1 to 128 printable characters');
    expect(new Set(errorsOf(answer.text).map(({ status }) => status))).toEqual(new Set(['400']));
    await expectNoBuilds();
  });

  it.each([
    ['no wrapping', JSON.stringify(BUILD)],
    ['null', 'null'],
    ['a list', '[]'],
    ['a list of builds', JSON.stringify({ instance_builds: [BUILD] })],
    ['a number', '7'],
    ['an empty object', '{}'],
    [
      'a hidden prototype',
      `{"instance_builds":{"__proto__":{"site":"org"},"env":"a","queue":"b","instance_type":"a.b"}}`,
    ],
  ])('may be %s', async (_what, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(errorsOf(answer.text).length).toBeGreaterThan(0);
    await expectNoBuilds();
  });

  it.each([
    ['empty', ''],
    ['cut off', '{"instance_builds":'],
    ['a form', 'site=org&env=staging'],
    ['no UTF-8', Buffer.concat([Buffer.from('{"site":"'), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')])],
    ['with a raw NUL', '{"instance_builds":{"site":"a\0b"}}'],
    ['a NUL alone', '\0'],
    ['deeply nested', '['.repeat(100_000)],
    ['in UTF-16', Buffer.from(JSON.stringify({ instance_builds: BUILD }), 'utf16le')],
  ])('may be %s', async (_what, body) => {
    const answer = await raw('POST', '/instance-builds', body);
    expect(answer.status).toBe(400);
    expect(errorsOf(answer.body)[0]).toMatchObject({ status: '400', code: 'malformed-body' });
    seen.push(answer.body);
  });

  it('may be over 256 kB: 413', async () => {
    const padding = (bytes: number): string => JSON.stringify({ instance_builds: BUILD }).padEnd(bytes, ' ');
    for (const bytes of [256 * 1024 + 1, 5 * 1024 * 1024]) {
      const answer = await post(padding(bytes));
      expect(answer.status).toBe(413);
      expect(errorsOf(answer.text)[0]).toMatchObject({ status: '413', code: 'body-too-large' });
    }
    const patch = await raw('PATCH', `/instance-builds/${randomUUID()}`, 'a'.repeat(300_000));
    expect(patch.status).toBe(413);
    const largest = await post('{}'.padEnd(256 * 1024, ' '));
    expect(largest.status).toBe(400);
    await expectNoBuilds();
  });

  const injections = [
    '{{ site }}',
    '{% raw %}',
    'a;reboot',
    '$(reboot)',
    '`reboot`',
    "a'b",
    'a|b',
    'a&b',
    'a\nb',
    'a\0b',
  ];
  const strictFields = 'site env queue role instance_type ami subnet_id security_group_id slack_channel'.split(' ');
  const cases: [string, unknown[]][] = [
    ...strictFields.map((field): [string, unknown[]] => [
      field,
      [...injections, '', ' ', 'é', '../x', 'x'.repeat(300)],
    ]),
    ['iam_instance_profile', ['a\nb', 'a\0b', '$(reboot)', '`reboot`', '{{ site }}']],
    ['key_name', ['a\nb', 'a\0b', 'é', 'x'.repeat(256)]],
    [
      'name_template',
      [
        '{% if site %}x{% endif %}',
        '{{ site | upcase }}',
        "{{ 'x' }}",
        '{{ instance_rsa }}',
        '{{ site.length }}',
        '{{ site }',
        '{{',
        '}}',
        '{{ {{ site }} }}',
        '{%',
        '{{ __proto__ }}',
        '{{ constructor }}',
        '{{ site }}\u2028',
        'a\nb',
        'a\0b',
        '',
        ' ',
        'x'.repeat(256),
      ],
    ],
    ['count', [0, -1, 1.5, 'four', '', null, '1e400', [1]]],
    ['root_volume_gb', [0, -1, 16_385, 'big']],
    ['boot_instance', ['yes', 1, null]],
    [
      'tags',
      ['a=b', ['a'], { '': 'x' }, { 'a\nb': 'x' }, { a: 'x\0y' }, { a: 'x'.repeat(257) }, { 'aws:x': 'y' }, { a: {} }],
    ],
  ];
  it.each(cases)('names the field %s', async (field, values) => {
    for (const value of values) {
      const answer = await postFields({ [field]: value });
      expect([value, answer.status]).toEqual([value, 400]);
      for (const { detail, source } of errorsOf(answer.text)) {
        expect(source?.pointer).toMatch(new RegExp(`^/instance_builds/${field}(/|$)`));
        expect(detail).toMatch(new RegExp(field));
        expect(detail).not.toMatch(/\p{Cc}/u);
      }
    }
    await expectNoBuilds();
  });

  it.each([
    ['an unknown field', 'state=finished&instance-id=i-abcd1234&colour=red', ['/colour']],
    ['no state', 'instance-id=i-abcd1234', ['/state']],
    ['finished without an instance', 'state=finished', ['/instance-id']],
    ['two bad fields', 'state=finished&instance-id=abcd&slack-channel=two%20words', ['/instance-id', '/slack-channel']],
    ['bad JSON fields', '{"state":"finished","instance-id":"$(reboot)"}', ['/instance-id']],
    ['a NUL', 'state=finished&instance-id=i-abcd%001234', ['/instance-id']],
  ])('may be a report with %s', async (_what, body, pointers) => {
    const answer = await lane.api(`/instance-builds/${randomUUID()}`, { method: 'PATCH', body });
    expect(answer.status).toBe(400);
    expect(pointersOf(answer)).toEqual(pointers);
    seen.push(answer.text);
  });

  it.each([
    ['/instance-builds?state=open&page=0&limit=1000', ['state', 'page', 'limit']],
    ['/images?active=perhaps', ['active']],
  ])('or a query: %s', async (path, parameters) => {
    const answer = await lane.api(path);
    expect(answer.status).toBe(400);
    expect(errorsOf(answer.text).map(({ source }) => source?.parameter)).toEqual(parameters);
  });
});

describe('a path', () => {
  it('that is unknown is 404', async () => {
    const paths = [
      '/no/such',
      '/instances/x/y',
      '/init-scripts',
      '/v1',
      '/.env',
      '/instance-builds/%00',
      '/instances/..%2f..',
    ];
    for (const path of [
      ...paths,
      `/init-scripts/${randomUUID()}`,
      `/instance-builds/${randomUUID()}`,
      '/init-scripts/x',
    ]) {
      const answer = await raw('GET', path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(errorsOf(answer.body)).toHaveLength(1);
      seen.push(answer.body);
    }
    expect((await raw('GET', '/instances/%zz')).status).toBe(400);
  });

  it.each([
    ['POST', '/instances', 'GET, HEAD'],
    ['PUT', '/instances/i-abcd1234', 'DELETE, GET, HEAD'],
    ['DELETE', '/instance-builds', 'GET, HEAD, POST'],
    ['POST', '/instance-builds/x', 'GET, HEAD, PATCH'],
    ['GET', '/kaboom', 'POST'],
    ['POST', '/', 'DELETE, GET, HEAD'],
    ['DELETE', '/healthz', 'GET, HEAD'],
    ['PATCH', '/images', 'GET, HEAD'],
    ['OPTIONS', '/init-scripts/x', 'GET, HEAD'],
  ])('does not take %s %s: 405 with Allow', async (method, path, allowed) => {
    const answer = await raw(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe(allowed);
    expect(errorsOf(answer.body)[0]).toMatchObject({ status: '405', code: 'method-not-allowed' });
  });

  it('means the same in another spelling', async () => {
    const plain = await raw('GET', '/instances?site=none');
    for (const path of ['/instances/?site=none', '/Instances?site=none']) {
      const answer = await raw('GET', path);
      expect([path, answer.status, answer.body]).toEqual([path, 200, plain.body]);
    }
  });

  it('answers HEAD as GET, without a body', async () => {
    for (const path of ['/', '/instances', '/healthz']) {
      const answer = await raw('HEAD', path);
      expect(answer).toMatchObject({ status: 200, body: '' });
    }
  });
});

describe('X-Request-Id', () => {
  it('is taken, echoed, logged, and carried into the log lines of the job', async () => {
    const id = `trace.${randomUUID()}`;
    const { id: buildId } = await postBuild(lane.api, {}, { 'x-request-id': id });
    await buildReaches(lane.api, buildId, 'finished');
    const worker = lane.processes.find(({ name }) => name === 'worker');
    await eventually(() => {
      const requests = parsed(lane.web.lines).filter((line) => line['request_id'] === id);
      expect(requests).toContainEqual(expect.objectContaining({ message: 'Request', status: 202, caller: 'default' }));
      const jobs = new Set(
        parsed(worker?.lines ?? [])
          .filter((line) => line['request_id'] === id)
          .map((line) => line['job']),
      );
      expect(jobs).toEqual(new Set(['build-instances', 'send-notification']));
    });
    expect(parsed(lane.web.lines).every(({ time }) => /^\d{4}-.*T.*\.\d{3}Z$/.test(String(time)))).toBe(true);
  });

  it('is echoed over errors too, and made where it is missing or odd', async () => {
    const sent = await lane.api('/no/such', { headers: { 'x-request-id': 'mine-1' } });
    expect([sent.status, sent.headers.get('x-request-id')]).toEqual([404, 'mine-1']);
    for (const odd of [undefined, '', 'two words', 'a"b', '<x>', 'x'.repeat(129)]) {
      const answer = await lane.api('/healthz', { headers: odd === undefined ? {} : { 'x-request-id': odd } });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe('what is accepted', () => {
  it('may have numbers and booleans as strings', async () => {
    const build = await postBuild(lane.api, { count: '2', root_volume_gb: '20', boot_instance: 'false' });
    expect(build).toMatchObject({ count: 2, root_volume_gb: 20, boot_instance: false });
  });

  it('may have unknown query parameters', async () => {
    expect((await lane.api('/instance-builds?colour=red&site[x]=y')).status).toBe(200);
  });
});

describe('health', () => {
  it('is told at /healthz and /readyz', async () => {
    expect((await lane.api('/healthz')).json()).toEqual({ status: 'ok' });
    expect((await lane.api('/readyz')).json()).toEqual({ status: 'ok', warnings: [] });
  });

  it('names a Redis without AOF or noeviction in the log and at /readyz', async () => {
    const redis = await startRedis(['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru']);
    const port = String(await findFreePort());
    const web = startProcess('web', { REDIS_URL: redis.url, PORT: port, HOST: '127.0.0.1', AUTH_TOKEN: TOKEN });
    try {
      const api = createApi(`http://127.0.0.1:${port}`);
      await eventually(async () => {
        const { warnings } = (await api<{ warnings: string[] }>('/readyz')).json();
        expect(warnings.join('\n')).toMatch(/appendonly is off[^]*maxmemory-policy is allkeys-lru/);
      });
      await eventually(() => expect(web.lines.join('\n')).toMatch(/appendonly is off[^]*allkeys-lru/));
    } finally {
      await web.stop();
      await redis.stop();
    }
  });
});

describe('every error', () => {
  it('is free of stack traces and paths of files', async () => {
    const kaboom = await lane.api('/kaboom', { method: 'POST' });
    expect(kaboom.status).toBe(500);
    for (const body of [...seen, kaboom.text]) expect(body).not.toMatch(/\n\s+at |node_modules|\.[jt]s:\d|\/dist\//);
    const bugs = (): object[] => parsed(lane.web.lines).filter(({ level }) => level === 'error');
    await eventually(() => expect(bugs().length).toBeGreaterThanOrEqual(1));
    // All that web wrote before it stopped.
    await lane.web.stop();
    await eventually(() => expect(lane.web.lines.join('\n')).toContain('"message":"Stopped"'));
    expect(bugs()).toHaveLength(1);
  });
});

function parsed(lines: readonly string[]): Record<string, unknown>[] {
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
}
