import { readRedis, startCouchdbApi, type StartedCouchdbApi } from '../testing/couchdb-api.js';

const TOKEN = 'Ty5wvW7LuQ3T';
const LOGIN = { username: 'johny2', token: TOKEN };
const KEY = { owner: 'johny2', tag: 'my-test-db1' };
const TAGGED = { ...LOGIN, cluster_tag: 'my-test-db1' };
const AT_ONCE = { prefer: 'respond-async' };

let api: StartedCouchdbApi;
beforeEach(async () => {
  api = await startCouchdbApi();
  await api.admin('POST', '/accounts', LOGIN);
});
afterEach(() => api.stop());

describe('credentials', () => {
  it('that are wrong are refused in the same bytes, whatever is wrong', async () => {
    const wrong: (Record<string, string> | string)[] = [
      '',
      '{"username":"johny2","token":"Ty5wvW7LuQ3T"}',
      { username: 'johny2' },
      { token: TOKEN },
      { username: 'johny2', token: '' },
      { username: '', token: TOKEN },
      { username: 'johny2', token: `${TOKEN}x` },
      { username: 'johny2', token: TOKEN.slice(0, -1) },
      { username: 'johny2', token: TOKEN.toLowerCase() },
      { username: 'johny2', token: ` ${TOKEN}` },
      { username: 'johny2', token: `${TOKEN}\n` },
      { username: 'johny2', token: `${TOKEN}\u0000` },
      { username: 'Johny2', token: TOKEN },
      { username: 'johny2 ', token: TOKEN },
      { username: 'johny2:clusters', token: TOKEN },
      { username: 'nobody', token: TOKEN },
      { username: 'quartermaster', token: TOKEN },
      { username: '*', token: '*' },
      { username: '../accounts', token: TOKEN },
      { username: 'x'.repeat(10_000), token: 'y'.repeat(10_000) },
      { Username: 'johny2', Token: TOKEN },
      'username=johny2&token=%ff%fe',
      'username=johny2&token=wrong&cluster_tag=!!&bogus=1',
    ];
    const operations = ['list', 'detail', 'create', 'delete', 'scale', 'replicate'];
    const answers = await Promise.all(
      wrong.map((form, index) => api.kanto(operations[index % operations.length] ?? 'list', form)),
    );
    const texts = new Set(answers.map(({ status, text }) => `${status} ${text}`));
    expect([...texts]).toEqual([
      '401 {"status":"unauthorized","status_message":"Send the name and the token of an account as the form fields username and token."}',
    ]);
    const shown = answers.map(({ headers }) =>
      JSON.stringify([...headers].filter(([name]) => !['x-request-id', 'date'].includes(name))),
    );
    expect(new Set(shown).size).toBe(1);
  });

  it('do not stand in a header, and need no other there', async () => {
    const basic = `Basic ${Buffer.from(`johny2:${TOKEN}`).toString('base64')}`;
    expect((await api.kanto('list', '', { authorization: basic })).status).toBe(401);
    const stranger = { authorization: 'token nobodys-token-0123456789', prefer: 'wait=0' };
    expect((await api.kanto('list', LOGIN, stranger)).status).toBe(503);
  });

  it('are no longer good once the account is deleted or has another token, also when they were used just now', async () => {
    const status = async (): Promise<number> => (await api.kanto('list', LOGIN, { prefer: 'wait=0' })).status;
    expect(await status()).toBe(503);
    await api.admin('POST', '/accounts/johny2/rotate', { token: 'another-token' });
    expect(await status()).toBe(401);
    await api.admin('POST', '/accounts/johny2/rotate', { token: TOKEN });
    expect(await status()).toBe(503);
    await api.admin('DELETE', '/accounts/johny2');
    expect(await status()).toBe(401);
  });
});

describe('every answer under /v0/', () => {
  const shapeOf = async (path: string, init: RequestInit): Promise<unknown[]> => {
    const response = await api.fetch(path, init);
    const { status, error_detail, ...rest } = (await response.json()) as Record<string, string>;
    expect(Object.keys(rest)).toEqual(['status_message']);
    return [response.status, status, error_detail, response.headers.get('allow')];
  };

  it('has kanto’s shape, also for what no route has', async () => {
    expect(await shapeOf('/v0/none', { method: 'POST' })).toEqual([404, 'error', 'unknown-path', null]);
    expect(await shapeOf('/v0', {})).toEqual([404, 'error', 'unknown-path', null]);
    expect(await shapeOf('/V0/create/none', {})).toEqual([404, 'error', 'unknown-path', null]);
    expect(await shapeOf('/v0/create', {})).toEqual([405, 'error', 'method-not-allowed', 'POST']);
    const large = { method: 'POST', body: `token=${'x'.repeat(300_000)}` };
    expect(await shapeOf('/v0/create', large)).toEqual([413, 'error', 'body-too-large', null]);
    expect(await shapeOf('/v0/create', { method: 'POST', body: Buffer.from([0xff]) })).toEqual([
      400,
      'error',
      'malformed-body',
      null,
    ]);
    const encoded = { method: 'POST', body: 'x', headers: { 'content-encoding': 'br-unknown' } };
    expect(await shapeOf('/v0/create', encoded)).toEqual([400, 'error', 'unknown-encoding', null]);
    expect((await api.kanto('CREATE/', TAGGED, AT_ONCE)).status).toBe(202);
  });

  it('leaves what is elsewhere as it was', async () => {
    const response = await api.fetch('/v0x', {});
    expect([response.status, await response.json()]).toMatchObject([401, { errors: [{ status: '401' }] }]);
  });

  it('has it where an Idempotency-Key is refused', async () => {
    for (const operation of ['create', 'list']) {
      const { status, json } = await api.kanto(operation, TAGGED, { 'idempotency-key': 'k' });
      expect([status, json.status, json.error_detail]).toEqual([
        400,
        'error',
        expect.stringContaining('Idempotency-Key'),
      ]);
    }
  });

  it('has it where the installation is read-only: changes are refused, and questions are not', async () => {
    const readOnly = await startCouchdbApi({ readOnly: true });
    try {
      // Made before it was read-only.
      await readOnly.test.redis.copy(api.test.keys.account('johny2'), readOnly.test.keys.account('johny2'));
      for (const operation of ['create', 'delete', 'scale', 'replicate']) {
        const { status, json } = await readOnly.kanto(operation, TAGGED);
        expect([status, json.status, json.error_detail]).toEqual([403, 'error', 'read-only']);
      }
      expect((await readOnly.kanto('list', LOGIN, { prefer: 'wait=0' })).status).toBe(503);
    } finally {
      await readOnly.stop();
    }
  });

  it('has it without Redis, and says when to come back', async () => {
    api.redis.disconnect();
    const { status, headers, json } = await api.kanto('create', TAGGED);
    expect([status, headers.get('retry-after'), json.status]).toEqual([503, '2', 'error']);
    expect([json.error_detail, json.status_message]).toEqual([
      'redis-unavailable',
      'Redis does not answer. The request may still have been accepted; /v0/detail and /v0/list tell.',
    ]);
  });
});

describe('the password', () => {
  it('is in nothing that is kept or logged, and its hash only while the create waits', async () => {
    const rotated = 'another-token-of-his';
    await api.kanto('create', TAGGED, AT_ONCE);
    await api.kanto('scale', { ...TAGGED, replicas: '2' }, AT_ONCE);
    const before = await readRedis(api.test);
    expect(before).not.toContain(TOKEN);
    const { password_hash } = (await api.finish(KEY, { state: 'done', message: 'Made.' }, true)) as {
      password_hash: string;
    };
    expect(before.split(password_hash)).toHaveLength(2);
    await api.kanto('list', { ...LOGIN, token: rotated });
    await api.admin('POST', '/accounts/johny2/rotate', { token: rotated });
    await api.kanto('scale', { ...TAGGED, token: rotated, bogus: '1' });
    await api.kanto('list', { ...LOGIN, token: rotated }, { prefer: 'wait=0' });
    const after = await readRedis(api.test);
    for (const secret of [password_hash, TOKEN, rotated]) expect(after).not.toContain(secret);
    const log = api.lines.join('\n');
    expect(log).toContain('my-test-db1');
    for (const secret of [password_hash, TOKEN, rotated, 'scrypt$', '-pbkdf2-']) expect(log).not.toContain(secret);
  });

  it('is told of whom a request was, and which operation it made', async () => {
    await api.kanto('create', TAGGED, AT_ONCE);
    const line = api.lines.map((text) => JSON.parse(text) as object).find((one) => 'operation_id' in one);
    expect(line).toMatchObject({ path: '/v0/create', status: 202, caller: 'johny2', operation: 'create' });
  });
});
