import {
  MEMBER,
  readRedis,
  startCouchdbApi,
  type Answer,
  type ErrorDocument,
  type StartedCouchdbApi,
} from '../testing/couchdb-api.js';

const TOKEN = 'Ty5wvW7LuQ3T';
const isTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;

let api: StartedCouchdbApi;
beforeEach(async () => {
  api = await startCouchdbApi();
});
afterEach(() => api.stop());

const create = (body: object): Promise<Answer<Record<string, unknown> & ErrorDocument>> =>
  api.admin('POST', '/accounts', body);
const logsIn = async (username: string, token: string): Promise<boolean> =>
  // Nobody answers: 503 for who is let in, 401 for others.
  (await api.kanto('list', { username, token }, { prefer: 'wait=0' })).status !== 401;

describe('a new account', () => {
  it('is answered once with its token, and logs in with it', async () => {
    const { status, headers, json } = await create({ username: 'johny2', token: TOKEN });
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(json).toEqual({ username: 'johny2', token: TOKEN, created_at: isTime });
    expect(await logsIn('johny2', TOKEN)).toBe(true);
    expect(await logsIn('johny2', `${TOKEN}x`)).toBe(false);
    const { json: listed } = await api.admin('GET', '/accounts');
    expect(listed).toEqual({ accounts: [{ username: 'johny2', created_at: json['created_at'], clusters: 0 }] });
  });

  it('gets a token of its own where none is said', async () => {
    const tokens = await Promise.all(['a', 'b'].map(async (username) => (await create({ username })).json['token']));
    for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(new Set(tokens).size).toBe(2);
    expect(await logsIn('a', String(tokens[0]))).toBe(true);
    expect(await logsIn('a', String(tokens[1]))).toBe(false);
  });

  it('may not have the name of another', async () => {
    await create({ username: 'johny2', token: TOKEN });
    const { status, json } = await create({ username: 'johny2', token: 'another-token' });
    expect([status, json.errors?.[0]?.code]).toEqual([409, 'account-exists']);
    expect(await logsIn('johny2', TOKEN)).toBe(true);
    expect(await logsIn('johny2', 'another-token')).toBe(false);
  });

  it.each([
    [{}, ['/username']],
    [{ username: '-x', token: 'short' }, ['/username', '/token']],
    [{ username: 'quartermaster' }, ['/username']],
    [{ username: 'a:b' }, ['/username']],
    [{ username: '' }, ['/username']],
    [{ username: 'x'.repeat(64) }, ['/username']],
    [{ username: 'a', token: 'with white space' }, ['/token']],
    [{ username: 'a', token: 'ünprintable' }, ['/token']],
    [{ username: 'a', token: 'control\u0007character' }, ['/token']],
    [{ username: 'a', token: 'x'.repeat(129) }, ['/token']],
    [{ username: 'a', token: '' }, ['/token']],
    [{ username: 'a', token: 12345678 }, ['/token']],
    [{ username: 'a', admin: true }, ['/admin']],
  ])('%j is refused with every pointer', async (body, pointers) => {
    const { status, json } = await create(body);
    expect(status).toBe(400);
    const found = json.errors?.map(({ source }) => (source as { pointer: string }).pointer) ?? [];
    expect([...new Set(found)]).toEqual(pointers);
    expect((await api.admin<{ accounts: unknown[] }>('GET', '/accounts')).json.accounts).toEqual([]);
  });

  it.each([
    ['8 characters', 'x'.repeat(8)],
    ['128 characters', '~!"#$%&\'()*+,-./:;<=>?@[]^_`{|}\\'.padEnd(128, 'x')],
  ])('may have a token of %s', async (_, token) => {
    expect((await create({ username: '0.x_y-Z', token })).status).toBe(201);
    expect(await logsIn('0.x_y-Z', token)).toBe(true);
  });

  it('does not show a token that is refused', async () => {
    const token = 'nearly right but for the blanks';
    const { text } = await create({ username: 'a', token });
    expect(text).toContain('printable ASCII without white space');
    expect(text).not.toContain(token);
    expect(api.lines.join('\n')).not.toContain(token);
  });
});

describe('a rotated token', () => {
  it('is the only one at once, also where the former was used just now', async () => {
    await create({ username: 'johny2', token: TOKEN });
    expect(await logsIn('johny2', TOKEN)).toBe(true);
    const { status, headers, json } = await api.admin('POST', '/accounts/johny2/rotate');
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(json).toEqual({
      username: 'johny2',
      token: expect.stringMatching(/^[\w-]{32}$/) as string,
      rotated_at: isTime,
    });
    expect(await logsIn('johny2', TOKEN)).toBe(false);
    expect(await logsIn('johny2', String(json['token']))).toBe(true);
    const chosen = await api.admin('POST', '/accounts/johny2/rotate', { token: 'chosen-token' });
    expect(chosen.json['token']).toBe('chosen-token');
    expect(await logsIn('johny2', 'chosen-token')).toBe(true);
    const { json: listed } = await api.admin<{ accounts: { rotated_at: string }[] }>('GET', '/accounts');
    expect(listed.accounts[0]?.rotated_at).toBe(chosen.json['rotated_at']);
  });

  it('must be one, of an account that there is', async () => {
    await create({ username: 'johny2' });
    expect((await api.admin('POST', '/accounts/johny2/rotate', { token: 'short' })).status).toBe(400);
    expect((await api.admin('POST', '/accounts/johny2/rotate', { username: 'x' })).status).toBe(400);
    for (const name of ['nobody', 'a%3Ab', 'x%20y']) {
      const { status, json } = await api.admin('POST', `/accounts/${name}/rotate`);
      expect([status, json.errors?.[0]?.code]).toEqual([404, 'unknown-account']);
    }
  });
});

describe('a deleted account', () => {
  it('is gone with its token, unless it has clusters', async () => {
    await create({ username: 'johny2', token: TOKEN });
    await api.test.redis.sadd(api.test.keys.accountClusters('johny2'), 'second', 'first');
    const refused = await api.admin('DELETE', '/accounts/johny2');
    expect([refused.status, refused.json.errors?.[0]]).toMatchObject([
      409,
      { code: 'account-has-clusters', detail: expect.stringContaining('first, second') as string },
    ]);
    expect(await logsIn('johny2', TOKEN)).toBe(true);
    const { json } = await api.admin('GET', '/accounts');
    expect(json).toMatchObject({ accounts: [{ clusters: 2 }] });
    await api.test.redis.del(api.test.keys.accountClusters('johny2'));
    expect((await api.admin('DELETE', '/accounts/johny2')).status).toBe(204);
    expect(await logsIn('johny2', TOKEN)).toBe(false);
    expect((await api.admin('DELETE', '/accounts/johny2')).status).toBe(404);
  });
});

describe('accounts', () => {
  const requests: [string, string][] = [
    ['POST', '/accounts'],
    ['GET', '/accounts'],
    ['DELETE', '/accounts/johny2'],
    ['POST', '/accounts/johny2/rotate'],
  ];

  it.each(requests)('%s %s is for administrators, and takes no Idempotency-Key', async (method, path) => {
    await create({ username: 'johny2', token: TOKEN });
    const body = method === 'POST' ? { username: 'other', token: TOKEN } : undefined;
    const member = await api.admin(method, path, body, { authorization: `token ${MEMBER}` });
    expect([member.status, member.json.errors?.[0]?.code]).toEqual([403, 'admin-only']);
    expect((await api.fetch(path, { method })).status).toBe(401);
    const { status, json } = await api.admin(method, path, body, { 'idempotency-key': 'k1' });
    expect(status).toBe(400);
    expect(json.errors?.[0]?.source).toEqual({ header: 'Idempotency-Key' });
    const { json: listed } = await api.admin<{ accounts: object[] }>('GET', '/accounts');
    expect(listed.accounts).toHaveLength(1);
    expect(listed.accounts[0]).not.toHaveProperty('rotated_at');
  });

  it('can be looked at only while the installation is read-only', async () => {
    const readOnly = await startCouchdbApi({ readOnly: true });
    try {
      const statuses = await Promise.all(
        requests.map(async ([method, path]) => (await readOnly.admin(method, path)).status),
      );
      expect(statuses).toEqual([403, 200, 403, 403]);
    } finally {
      await readOnly.stop();
    }
  });

  it('leave no token behind: not in Redis, not in a log line', async () => {
    await create({ username: 'johny2', token: TOKEN });
    const made = String((await create({ username: 'ann' })).json['token']);
    const rotated = String((await api.admin('POST', '/accounts/johny2/rotate')).json['token']);
    await logsIn('johny2', TOKEN);
    await logsIn('ann', made);
    const kept = `${await readRedis(api.test)}\n${api.lines.join('\n')}`;
    expect(kept).toContain('johny2');
    for (const secret of [TOKEN, made, rotated]) expect(kept).not.toContain(secret);
    expect(api.lines.join('\n')).not.toContain('scrypt$');
  });
});
