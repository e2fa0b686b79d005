import { eventually } from '@quartermaster/testing';
import { errorsOf } from '../api/raw-request';
import {
  dnsEffects,
  HASTY_WORKER,
  editZone,
  openDnsLane,
  openPatientDnsLane,
  postRecord,
  recordReaches,
  standingIn,
  zoneOf,
  type SandboxZone,
  type ShownRecord,
} from '../harness/records';
import { slackMessages } from '../harness/builds';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { createApi, type Answer, type Api } from '../harness/api';

const PLAIN_TOKEN = 'plain-test-token-0123456789';
const MEDIA_TYPE = 'application/vnd.kick.record+json';

let system: System;
let lane: Lane;
let zone: SandboxZone;
let plain: Api;
beforeAll(async () => {
  system = await startSystem({ SANDBOX_ROUTE53_INSYNC_MS: '100' });
  lane = await openPatientDnsLane(system, {
    worker: HASTY_WORKER,
    web: { AUTH_TOKENS: `plain:${PLAIN_TOKEN}`, ADMIN_TOKENS: 'default' },
  });
  plain = createApi(lane.webUrl, { authorization: `token ${PLAIN_TOKEN}` });
  zone = await zoneOf(system.sandbox, 'example.com');
});
afterAll(() => system.stop());

const post = (fields: object, headers?: Record<string, string>, query?: string): Promise<Answer<ShownRecord>> =>
  postRecord(lane.api, { ip_address: '10.1.2.3', ...fields }, headers, query);
const put = (hostname: string, body: object, query = ''): Promise<Answer<ShownRecord>> =>
  lane.api(`/record/${hostname}${query}`, { method: 'PUT', body });
const valuesAt = async (name: string): Promise<string[]> =>
  (await standingIn(system.sandbox, zone))
    .filter((set) => set.name === name)
    .map(({ type, values }) => `${type} ${values.join()}`);
const codesOf = (answer: Answer): string[] => errorsOf(answer.text).map(({ code }) => code);
const compare = (one = '', other = ''): number => one.localeCompare(other);
const foreign = (name: string, value: string) =>
  ({ action: 'CREATE', name, type: 'A', ttl: 300, values: [value] }) as const;

describe('a record', () => {
  it('that is asked for again is in sync, and nothing is changed', async () => {
    expect((await post({ hostname: 'again.example.com' })).status).toBe(201);
    await recordReaches(lane.api, 'again.example.com', 'INSYNC');
    const before = (await dnsEffects(system.sandbox)).length;
    const again = await post({ hostname: 'AGAIN.example.com.', ttl: '60', type: '' });
    expect([again.status, again.json().status]).toEqual([201, 'INSYNC']);
    expect((await dnsEffects(system.sandbox)).length).toBe(before);
  });

  it('of another type takes the place of the former one in one batch', async () => {
    await post({ hostname: 'type.example.com' });
    const fields = { hostname: 'type.example.com', type: 'cname', ip_address: 'Target.Example.com.', ttl: 300 };
    const answer = await post(fields);
    const shown = { hostname: 'type.example.com', type: 'CNAME', ip_address: 'target.example.com', ttl: 300 };
    // In sync already, where the answer took long.
    const status = expect.stringMatching(/^(PENDING|INSYNC)$/) as string;
    expect([answer.status, answer.json()]).toEqual([201, { ...shown, status }]);
    const last = (await dnsEffects(system.sandbox, zone)).at(-1);
    expect(last?.changes.map(({ action, type }) => `${action} ${type}`)).toEqual(['DELETE A', 'CREATE CNAME']);
    expect(await valuesAt('type.example.com')).toEqual(['CNAME target.example.com']);
  });

  it('has all the problems of its body told at once', async () => {
    const body = { hostname: 'a b', ip_address: '10.1.2', type: 'A', ttl: -1, slack_channel: '#', bogus: 1 };
    const answer = await postRecord(lane.api, body);
    const pointers = errorsOf(answer.text).map(({ source }) => source?.pointer);
    expect([answer.status, pointers.toSorted(compare)]).toEqual([
      400,
      ['/bogus', '/hostname', '/ip_address', '/slack_channel', '/ttl'],
    ]);
    expect((await lane.api('/records', { body: '[]' })).status).toBe(400);
    expect((await lane.api('/records', { body: '{' })).status).toBe(400);
    expect((await lane.api('/records', { method: 'POST' })).status).toBe(400);
  });

  it('is a TXT of any characters, told as it was given', async () => {
    const text = 'v=1; "quoted" \\ grün €';
    const answer = await post({ hostname: 'text.example.com', type: 'TXT', ip_address: text });
    expect([answer.status, answer.json().ip_address]).toEqual([201, text]);
    expect((await lane.api<ShownRecord>('/record/text.example.com')).json().ip_address).toBe(text);
  });

  it('is changed and renamed by PUT, and keeps its name where the body has none', async () => {
    await post({ hostname: 'one.example.com' });
    const kept = await put('one.example.com', { ip_address: '10.1.2.4' });
    expect([kept.status, kept.headers.get('content-type'), kept.json().ip_address]).toEqual([
      200,
      MEDIA_TYPE,
      '10.1.2.4',
    ]);
    const renamed = await put('ONE.example.com.', { hostname: 'two.example.com', ip_address: '10.1.2.4' });
    expect([renamed.status, renamed.headers.get('location')]).toEqual([200, '/record/two.example.com']);
    expect([await valuesAt('one.example.com'), await valuesAt('two.example.com')]).toEqual([[], ['A 10.1.2.4']]);
    expect((await put('one.example.com', { ip_address: '10.1.2.4' })).status).toBe(404);
  });

  it('is not renamed into another zone, nor onto a record of ours or of others', async () => {
    await Promise.all([post({ hostname: 'r1.example.com' }), post({ hostname: 'r2.example.com' })]);
    const away = await put('r1.example.com', { hostname: 'r1.example.co.uk', ip_address: '10.1.2.3' });
    expect([away.status, codesOf(away)]).toEqual([422, ['other-zone']]);
    const taken = await put('r1.example.com', { hostname: 'r2.example.com', ip_address: '10.1.2.3' });
    expect([taken.status, codesOf(taken)]).toEqual([409, ['hostname-taken']]);
    const theirs = await put('r1.example.com', { hostname: 'www.example.com', ip_address: '10.1.2.3' });
    expect([theirs.status, theirs.text]).toEqual([409, expect.stringContaining('192.0.2.10')]);
    expect([await valuesAt('r1.example.com'), await valuesAt('www.example.com')]).toEqual([
      ['A 10.1.2.3'],
      ['A 192.0.2.10,192.0.2.11'],
    ]);
  });

  it('stays in the zone where it was made, though a longer one holds its name', async () => {
    const hostname = 'stays.dev.example.co.uk';
    expect((await post({ hostname, zone: 'example.co.uk' })).status).toBe(201);
    expect((await put(hostname, { hostname, ip_address: '10.1.2.4' })).status).toBe(200);
    expect(codesOf(await post({ hostname, ip_address: '10.1.2.5' }))).toEqual(['other-zone']);
    expect((await lane.api(`/record/${hostname}`, { method: 'DELETE' })).status).toBe(200);
  });

  it('of somebody else is never touched without force, and only an admin has that', async () => {
    await editZone(system.sandbox, zone, [foreign('theirs.example.com', '192.0.2.77')]);
    const refused = await post({ hostname: 'theirs.example.com', slack_channel: 'dns' });
    expect([refused.status, codesOf(refused)]).toEqual([409, ['foreign-record']]);
    expect(refused.text).toContain('A 192.0.2.77 (TTL 300) stands at theirs.example.com');
    const failed = (await lane.api<ShownRecord>('/record/theirs.example.com')).json();
    expect([failed.status, failed.error?.code]).toEqual(['FAILED', 'foreign-record']);
    expect(
      (await postRecord(plain, { hostname: 'theirs.example.com', ip_address: '10.1.2.3' }, {}, '?force=true')).status,
    ).toBe(403);
    expect(await valuesAt('theirs.example.com')).toEqual(['A 192.0.2.77']);
    await eventually(async () => {
      expect((await slackMessages(system.sandbox)).filter(({ channel }) => channel === 'dns')).toHaveLength(1);
    });

    expect((await post({ hostname: 'theirs.example.com' }, {}, '?force=true')).status).toBe(201);
    expect(await valuesAt('theirs.example.com')).toEqual(['A 10.1.2.3']);
    await recordReaches(lane.api, 'theirs.example.com', 'INSYNC');
  });

  it('of somebody else, asked for as it stands, is in sync and stays theirs', async () => {
    const theirs = { hostname: 'same.example.com', ip_address: '192.0.2.80', ttl: 300 };
    await editZone(system.sandbox, zone, [foreign(theirs.hostname, theirs.ip_address)]);
    const answer = await post(theirs);
    expect([answer.status, answer.json().status]).toEqual([201, 'INSYNC']);
    const remove = (query = ''): Promise<Answer> =>
      lane.api(`/record/${theirs.hostname}${query}`, { method: 'DELETE' });
    const refused = await remove();
    expect([refused.status, codesOf(refused)]).toEqual([409, ['foreign-record']]);
    expect((await put(theirs.hostname, { ip_address: '10.1.2.4' })).status).toBe(409);
    expect(await valuesAt(theirs.hostname)).toEqual(['A 192.0.2.80']);
    expect((await remove('?force=true')).status).toBe(200);
    expect(await valuesAt(theirs.hostname)).toEqual([]);
  });

  it('that never was in the zone is forgotten as what it was, and an empty host name is none', async () => {
    await editZone(system.sandbox, zone, [foreign('note.example.com', '192.0.2.81')]);
    expect((await post({ hostname: 'note.example.com' })).status).toBe(409);
    const gone = await lane.api<ShownRecord>('/record/note.example.com', { method: 'DELETE' });
    expect([gone.status, gone.json().status, gone.json().error?.code]).toEqual([200, 'FAILED', 'foreign-record']);
    await post({ hostname: 'empty.example.com' });
    for (const hostname of ['', null]) {
      const kept = await put('empty.example.com', { hostname, ip_address: '10.1.2.5' });
      expect([kept.status, kept.json().hostname]).toEqual([200, 'empty.example.com']);
    }
  });

  it('that somebody has changed is not deleted, and one that somebody has deleted is gone', async () => {
    await Promise.all([post({ hostname: 'd1.example.com' }), post({ hostname: 'd2.example.com' })]);
    const ours = (name: string) => ({ action: 'DELETE', name, type: 'A', ttl: 60, values: ['10.1.2.3'] }) as const;
    await editZone(system.sandbox, zone, [ours('d1.example.com'), foreign('d1.example.com', '192.0.2.78')]);
    await editZone(system.sandbox, zone, [ours('d2.example.com')]);
    const [changed, gone] = await Promise.all(
      ['d1', 'd2'].map((label) => lane.api(`/record/${label}.example.com`, { method: 'DELETE' })),
    );
    expect([changed?.status, gone?.status]).toEqual([409, 200]);
    expect(await valuesAt('d1.example.com')).toEqual(['A 192.0.2.78']);
    expect((await lane.api('/record/d2.example.com')).status).toBe(404);
    expect((await lane.api<ShownRecord>('/record/d1.example.com')).json().status).toBe('FAILED');
  });

  it('that has failed stays so when a rename of it fails too', async () => {
    await post({ hostname: 'f1.example.com' });
    const ours = { action: 'DELETE', name: 'f1.example.com', type: 'A', ttl: 60, values: ['10.1.2.3'] } as const;
    await editZone(system.sandbox, zone, [ours, foreign('f1.example.com', '192.0.2.79')]);
    expect((await put('f1.example.com', { ip_address: '10.1.2.4' })).status).toBe(409);
    expect((await put('f1.example.com', { hostname: 'f2.example.com', ip_address: '10.1.2.4' })).status).toBe(409);
    const [old, wanted] = await Promise.all(
      ['f1', 'f2'].map(async (label) => (await lane.api<ShownRecord>(`/record/${label}.example.com`)).json()),
    );
    expect([old?.status, old?.error?.code, wanted?.status]).toEqual(['FAILED', 'foreign-record', 'FAILED']);
  });

  it('that Route 53 dislikes has its reason', async () => {
    const answer = await post({ hostname: 'beside.shop.example.com', type: 'CNAME', ip_address: 'x.example.com' });
    expect(answer.status).toBe(201);
    const special = await post({ hostname: 'shop.example.com' });
    expect([special.status, codesOf(special)]).toEqual([409, ['foreign-record']]);
  });

  it('is listed by name, in pages', async () => {
    const known = async (): Promise<ShownRecord[]> =>
      (await lane.api<{ records: ShownRecord[] }>('/records?limit=100')).json().records;
    await eventually(async () => expect((await known()).filter(({ status }) => status === 'PENDING')).toEqual([]));
    const { records, meta } = (
      await lane.api<{ records: ShownRecord[]; meta: object }>('/records?limit=2&page=1')
    ).json();
    const all = await known();
    expect([records, meta]).toEqual([all.slice(0, 2), { page: 1, limit: 2, more: true }]);
    expect(all.map(({ hostname }) => hostname)).toContain('again.example.com');
    expect((await lane.api('/records?limit=0')).status).toBe(400);
  });

  it('is made once by one Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'dns-1' };
    const both = await Promise.all([1, 2].map(() => post({ hostname: 'key.example.com' }, headers)));
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    expect(both.map((answer) => answer.headers.get('content-type'))).toEqual([MEDIA_TYPE, MEDIA_TYPE]);
    expect(both.filter((answer) => answer.headers.has('idempotency-replayed'))).toHaveLength(1);
    expect(both[0]?.text).toBe(both[1]?.text);
    expect((await post({ hostname: 'key.example.com', ttl: 5 }, headers)).status).toBe(422);
  });
});

describe('a change that nobody carries out', () => {
  let idle: Lane;
  interface Waited {
    readonly status: number;
    readonly tookMs: number;
  }
  let unsaid: Promise<Waited>;
  let said: Promise<Waited>;
  beforeAll(async () => {
    const [first, other] = await Promise.all([1, 2].map(() => openDnsLane(system, { start: ['mini-worker'] })));
    if (first === undefined || other === undefined) throw new Error('no lanes');
    idle = first;
    const ask = async (hostname: string, headers: Record<string, string>): Promise<Waited> => {
      const before = performance.now();
      const { status } = await postRecord(other.api, { hostname, ip_address: '10.1.2.3' }, headers);
      return { status, tookMs: performance.now() - before };
    };
    unsaid = ask('ten.example.com', {});
    said = ask('ten-too.example.com', { prefer: 'wait=10' });
  });

  it('is accepted with a warning, and is carried out later', async () => {
    const body = { hostname: 'later.example.com', ip_address: '10.1.2.3' };
    const answer = await postRecord(idle.api, body, { prefer: 'respond-async' });
    expect([answer.status, answer.json().status, answer.headers.get('preference-applied')]).toEqual([
      202,
      'PENDING',
      'respond-async',
    ]);
    expect(answer.headers.get('warning')).toContain('dns-changes');
    expect(answer.headers.get('location')).toBe('/record/later.example.com');
    const before = performance.now();
    expect((await postRecord(idle.api, { ...body, ttl: 5 }, { prefer: 'wait=1' })).status).toBe(202);
    expect(performance.now() - before).toBeGreaterThanOrEqual(950);
    const path = '/record/later.example.com';
    const waiting = (method: string): Promise<Answer> =>
      idle.api(path, { method, headers: { prefer: 'wait=0' }, ...(method === 'PUT' ? { body } : {}) });
    expect([(await waiting('PUT')).status, (await waiting('DELETE')).status]).toEqual([202, 202]);
    await postRecord(idle.api, body, { prefer: 'wait=0' });
    idle.startWorker();
    expect((await recordReaches(idle.api, 'later.example.com', 'INSYNC')).ip_address).toBe('10.1.2.3');
  });

  it('is refused with READ_ONLY, and as long as nobody has read the zones', async () => {
    const early = await system.openLane({ start: [] });
    const answer = await postRecord(early.api, { hostname: 'a.example.com', ip_address: '10.1.2.3' });
    expect([answer.status, codesOf(answer), answer.headers.has('retry-after')]).toEqual([
      503,
      ['zones-not-read'],
      true,
    ]);
    const quiet = await system.openLane({ start: [], web: { READ_ONLY: 'true' } });
    expect((await postRecord(quiet.api, { hostname: 'a.example.com', ip_address: '10.1.2.3' })).status).toBe(403);
    expect((await quiet.api('/record/a.example.com', { method: 'DELETE' })).status).toBe(403);
    expect((await quiet.api('/records')).status).toBe(200);
  });

  it('is waited for 10 s unless told otherwise', async () => {
    const [one, other] = await Promise.all([unsaid, said]);
    expect([one.status, other.status, one.tookMs > 9_900]).toEqual([202, 202, true]);
    // Whatever else it takes on a busy machine, both take.
    expect(Math.abs(one.tookMs - other.tookMs)).toBeLessThan(3_000);
  });
});
