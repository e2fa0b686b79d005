import {
  HASTY_WORKER,
  openPatientDnsLane,
  postRecord,
  recordReaches,
  standingIn,
  zoneOf,
  type StandingSet,
} from '../harness/records';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { errorsOf } from '../api/raw-request';

let system: System;
let lane: Lane;
beforeAll(async () => {
  system = await startSystem({ SANDBOX_ROUTE53_INSYNC_MS: '100' });
  lane = await openPatientDnsLane(system, { worker: HASTY_WORKER });
});
afterAll(() => system.stop());

const LABEL = 'a'.repeat(63);
/** A name of exactly so many characters in example.com. */
const nameOf = (length: number): string => {
  const front = `${LABEL}.${LABEL}.${LABEL}.`;
  return `${front}${'b'.repeat(length - front.length - 'example.com'.length - 1)}.example.com`;
};

const ACCEPTED: readonly [what: string, given: string, kept: string, more?: object][] = [
  ['plain', 'plain.example.com', 'plain.example.com'],
  ['a final dot', 'dot.example.com.', 'dot.example.com'],
  ['upper case', 'UPPER.Example.COM', 'upper.example.com'],
  ['a wildcard', '*.wild.example.com', '*.wild.example.com'],
  ['an underscore', '_acme-challenge.example.com', '_acme-challenge.example.com', { type: 'TXT', ip_address: 'x y' }],
  ['a service', '_http._tcp.example.com', '_http._tcp.example.com', { type: 'SRV', port: '80' }],
  ['an international name', 'münchen.example.com', 'xn--mnchen-3ya.example.com'],
  ['an international name in punycode', 'xn--bcher-kva.example.com', 'xn--bcher-kva.example.com'],
  ['253 characters', nameOf(253), nameOf(253)],
  ['253 characters and a final dot', `${nameOf(252)}.`, nameOf(252)],
  ['digits', '10.example.com', '10.example.com'],
];

const REFUSED: readonly [what: string, given: string, reason: RegExp][] = [
  ['nothing', '', /empty/],
  ['a dot', '.', /empty/],
  ['two dots in a row', 'a..example.com', /two dots/],
  ['a dot at the beginning', '.example.com', /begins with a dot/],
  ['254 characters', nameOf(254), /254 characters; DNS allows 253/],
  ['255 characters', nameOf(255), /255 characters; DNS allows 253, which are 255 bytes on the wire/],
  ['a label of 64 characters', `${LABEL}a.example.com`, /64 characters .*DNS allows 63/],
  ['a hyphen at a label’s end', 'a-.example.com', /hyphen/],
  ['a wildcard in the middle', 'a.*.example.com', /whole leftmost label/],
  ['a wildcard that is part of a label', 'a*.example.com', /whole leftmost label/],
  ['an underscore in a host’s name', 'a_b.example.com', /underscore is no host/],
  ['a space', 'a b.example.com', /space/],
  ['a line break', 'a\n.example.com', /line break/],
  ['a header behind a line break', 'a.example.com\r\nX-Evil: 1', /line break/],
  ['a NUL', 'a\u0000.example.com', /U\+0000/],
  ['a text that turns round', 'a\u202egro.example.com', /U\+202E/],
  ['a path', '../../etc/passwd', /begins with a dot|slash/],
  ['a shell command', '$(reboot).example.com', /character \$/],
  ['a second command', 'a;reboot.example.com', /character ;/],
  ['markup', '<script>.example.com', /character </],
  ['SQL', "a' OR 1=1.example.com", /quotation mark|space/],
  ['a template', '{{7*7}}.example.com', /character \{/],
  ['an escape of Route 53', 'a\\052.example.com', /backslash/],
  ['an encoded dot', 'a%2e.example.com', /percent/],
  ['a key of Redis', 'qm:dns-records.example.com', /colon/],
  ['a comma', 'a,b.example.com', /comma/],
  ['a dot of another script', 'a\u3002example.com', /U\+3002/],
  ['bad punycode', 'xn--a.example.com', /no valid international name/],
  ['an address', '10.1.2.3', /ends in a number/],
];

describe('a host name', () => {
  let standing: StandingSet[];
  beforeAll(async () => {
    const sent = ACCEPTED.map(async ([, hostname, kept, more]) => {
      const answer = await postRecord(lane.api, { hostname, ip_address: '10.1.2.3', ...more });
      return [answer.status, answer.headers.get('location'), answer.json().hostname ?? answer.text, kept];
    });
    for (const [status, location, hostname, kept] of await Promise.all(sent)) {
      expect([status, location, hostname]).toEqual([201, `/record/${kept}`, kept]);
    }
    standing = await standingIn(system.sandbox, await zoneOf(system.sandbox, 'example.com'));
  });

  it.each(ACCEPTED)('with %s is accepted, kept and found again: %s', async (_what, given, kept) => {
    expect(standing.filter(({ name }) => name === kept)).toHaveLength(1);
    expect((await recordReaches(lane.api, given, 'INSYNC')).hostname).toBe(kept);
    expect((await recordReaches(lane.api, kept, 'INSYNC')).hostname).toBe(kept);
  });

  it.each(REFUSED)('with %s is refused with a reason', async (_what, hostname, reason) => {
    const answer = await postRecord(lane.api, { hostname, ip_address: '10.1.2.3' });
    expect([answer.status, answer.headers.has('x-evil')]).toEqual([400, false]);
    const [error, ...others] = errorsOf(answer.text);
    expect([error?.source, others]).toEqual([{ pointer: '/hostname' }, []]);
    expect(error?.detail).toMatch(reason);
    // What would garble a terminal is told by its number.
    expect(error?.detail).not.toMatch(/\p{Cc}|\u202e/u);
  });

  it('that is bad is 400 in a path as well, and one that nobody made 404', async () => {
    for (const [, hostname] of REFUSED.filter(
      ([what]) => !['nothing', 'a dot', 'an underscore in a host’s name'].includes(what),
    )) {
      const path = `/record/${encodeURIComponent(hostname)}`;
      expect([path, (await lane.api(path)).status]).toEqual([path, 400]);
    }
    expect((await lane.api('/record/nobody.example.com')).status).toBe(404);
    // Foreign records are not ours to show.
    expect((await lane.api('/record/www.example.com')).status).toBe(404);
    expect((await lane.api('/record/www.example.com', { method: 'DELETE' })).status).toBe(404);
  });

  it('in a path is understood encoded and plain', async () => {
    const international = 'm%c3%bcnchen.example.com';
    for (const path of ['*.wild.example.com', '%2A.wild.example.com', '%2a.WILD.example.com.', international]) {
      expect([path, (await lane.api(`/record/${path}`)).status]).toEqual([path, 200]);
    }
    expect((await lane.api('/record/plain.example.com', { method: 'HEAD' })).status).toBe(200);
    const wrong = await lane.api('/record/plain.example.com', { method: 'POST' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'DELETE, GET, HEAD, PUT']);
    expect((await lane.api('/records', { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it('is placed in the longest zone that it ends in, private before public', async () => {
    const post = async (body: object): Promise<number> =>
      (await postRecord(lane.api, { ip_address: '10.1.2.3', ...body })).status;
    const names = async (zone: string, isPrivate = false): Promise<string[]> =>
      (await standingIn(system.sandbox, await zoneOf(system.sandbox, zone, isPrivate))).map(({ name }) => name);
    const { id } = await zoneOf(system.sandbox, 'both.example.org', false);
    const statuses = await Promise.all([
      post({ hostname: 'a.example.co.uk' }),
      post({ hostname: 'a.dev.example.co.uk' }),
      post({ hostname: 'b.dev.example.co.uk', zone: 'example.co.uk' }),
      post({ hostname: 'a.both.example.org' }),
      post({ hostname: 'b.both.example.org', zone: id }),
    ]);
    expect(statuses).toEqual([201, 201, 201, 201, 201]);
    expect(await names('example.co.uk')).toEqual(expect.arrayContaining(['a.example.co.uk', 'b.dev.example.co.uk']));
    expect(await names('dev.example.co.uk')).toContain('a.dev.example.co.uk');
    expect(await names('dev.example.co.uk')).not.toContain('b.dev.example.co.uk');
    expect(await names('both.example.org', true)).toContain('a.both.example.org');
    expect(await names('both.example.org')).not.toContain('a.both.example.org');
    expect(await names('both.example.org')).toContain('b.both.example.org');
    // The names of zones are compared by labels, and the last two labels mean nothing.
    expect(await post({ hostname: 'a.notexample.com' })).toBe(422);
    expect(await post({ hostname: 'a.co.uk' })).toBe(422);
    expect(await post({ hostname: 'a.example.com', zone: 'example.co.uk' })).toBe(400);
    expect(await post({ hostname: 'a.example.com', zone: 'Z00000000000' })).toBe(400);
  });
});
