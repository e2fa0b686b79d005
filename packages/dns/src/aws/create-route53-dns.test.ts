import { AppError, type EffectGuard } from '@quartermaster/foundation';
import { quickest, startHttpServer, type HttpRequest, type HttpServer } from '@quartermaster/testing';
import type { ServerResponse } from 'node:http';
import type { DnsPort } from '../dns-port.js';
import { readStanding } from '../read-standing.js';
import type { RecordChange, RecordSet } from '../record.js';
import { createRoute53Dns, type Route53Timeouts } from './create-route53-dns.js';

const SILENCE = Symbol('no answer');
const STALL = Symbol('half an answer');
const CUT = Symbol('the connection is cut');
type Answer = string | { readonly status: number; readonly body: string } | typeof SILENCE | typeof STALL | typeof CUT;
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

const XMLNS = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';
let server: HttpServer;
let dns: DnsPort;
let requests: Asked[];
let play: (asked: Asked) => Answer;

const open = (timeouts: Partial<Route53Timeouts> = {}): DnsPort =>
  createRoute53Dns({
    region: 'us-east-1',
    endpoint: server.url,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    timeouts,
  });

beforeEach(async () => {
  requests = [];
  server = await startHttpServer(answer);
  dns = open();
});

afterEach(async () => {
  dns.close();
  await server.stop();
});

function answer({ method, url: target, body }: HttpRequest, response: ServerResponse): void {
  const url = new URL(target, 'http://x');
  const asked = { method, path: url.pathname, query: url.searchParams, body };
  requests.push(asked);
  const answered = play(asked);
  if (answered === SILENCE) return;
  if (answered === CUT) return void response.destroy();
  if (answered === STALL) return void response.writeHead(200, { 'content-length': 1000 }).write('<Change');
  const { status, body: xml } = typeof answered === 'string' ? { status: 200, body: answered } : answered;
  response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
}

const refuse = (code: string, message: string, status = 400): Answer => ({
  status,
  body: `<ErrorResponse ${XMLNS}><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
});
const simple = (name: string, value = '10.0.0.1', type = 'A'): string =>
  `<ResourceRecordSet><Name>${name}</Name><Type>${type}</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>${value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`;
const weighted = (name: string, id: string): string =>
  `<ResourceRecordSet><Name>${name}</Name><Type>A</Type><SetIdentifier>${id}</SetIdentifier><Weight>1</Weight><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>1.1.1.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`;
const page = (sets: string, next?: string): string =>
  `<ListResourceRecordSetsResponse ${XMLNS}><ResourceRecordSets>${sets}</ResourceRecordSets><IsTruncated>${next !== undefined}</IsTruncated>${next ?? ''}<MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`;
const change = (action: string, status = 'PENDING'): string =>
  `<${action}Response ${XMLNS}><ChangeInfo><Id>/change/C1</Id><Status>${status}</Status><SubmittedAt>2026-01-02T03:04:05Z</SubmittedAt></ChangeInfo></${action}Response>`;

const held: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const set = (name: string, more: Partial<RecordSet> = {}): RecordSet => ({
  name,
  type: 'A',
  ttl: 60,
  values: ['10.0.0.1'],
  is_special: false,
  ...more,
});
const create = (name: string): RecordChange => ({ action: 'CREATE', set: set(name) });

async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
}

describe('reads', () => {
  it('list zones over all pages, with ids and names in the house’s words', async () => {
    const zone = (id: string, name: string, isPrivate: boolean): string =>
      `<HostedZone><Id>/hostedzone/${id}</Id><Name>${name}</Name><CallerReference>c</CallerReference><Config><PrivateZone>${isPrivate}</PrivateZone></Config></HostedZone>`;
    const zones = (body: string, next?: string): string =>
      `<ListHostedZonesResponse ${XMLNS}><HostedZones>${body}</HostedZones><IsTruncated>${next !== undefined}</IsTruncated>${next === undefined ? '' : `<NextMarker>${next}</NextMarker>`}<MaxItems>100</MaxItems></ListHostedZonesResponse>`;
    play = ({ query }) =>
      query.get('marker') === 'Z2'
        ? zones(zone('Z2', 'sparkles.cluster.', true))
        : zones(zone('Z1', 'Example.com.', false), 'Z2');
    expect(await dns.listZonePage()).toEqual({
      zones: [{ id: 'Z1', name: 'example.com', is_private: false }],
      next_marker: 'Z2',
    });
    expect(requests).toHaveLength(1);
    expect(await dns.listZonePage('Z2')).toEqual({
      zones: [{ id: 'Z2', name: 'sparkles.cluster', is_private: true }],
    });
  });

  it('list what stands from a name on, unescaped, values sorted', async () => {
    play = () =>
      page(
        `<ResourceRecordSet><Name>\\052.example.com.</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>10.0.0.2</Value></ResourceRecord><ResourceRecord><Value>10.0.0.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>${simple('other.example.com.')}`,
      );
    expect(await dns.listRecordSets('Z1', '*.example.com')).toEqual({
      sets: [set('*.example.com', { values: ['10.0.0.1', '10.0.0.2'] }), set('other.example.com')],
    });
    expect(requests[0]?.path).toBe('/2013-04-01/hostedzone/Z1/rrset');
    expect(requests[0]?.query.get('name')).toBe('*.example.com.');
  });

  it('know an alias and a weighted set for special, and follow a name over pages', async () => {
    const alias =
      '<ResourceRecordSet><Name>a.example.com.</Name><Type>AAAA</Type><AliasTarget><HostedZoneId>Z</HostedZoneId><DNSName>x.</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget></ResourceRecordSet>';
    const next =
      '<NextRecordName>a.example.com.</NextRecordName><NextRecordType>A</NextRecordType><NextRecordIdentifier>two</NextRecordIdentifier>';
    play = ({ query }) =>
      query.get('identifier') === 'two'
        ? page(weighted('a.example.com.', 'two') + alias)
        : page(weighted('a.example.com.', 'one'), next);
    expect(await dns.listRecordSets('Z1', 'a.example.com')).toEqual({
      sets: [
        set('a.example.com', { values: ['1.1.1.1'], is_special: true }),
        set('a.example.com', { values: ['1.1.1.1'], is_special: true }),
        { name: 'a.example.com', type: 'AAAA', values: [], is_special: true },
      ],
    });
  });

  it('give pages that cut no name', async () => {
    const first = page(
      simple('a.example.com.') + simple('b.example.com.'),
      '<NextRecordName>b.example.com.</NextRecordName><NextRecordType>TXT</NextRecordType>',
    );
    play = ({ query }) =>
      query.get('name') === 'b.example.com.'
        ? page(simple('b.example.com.') + simple('b.example.com.', '"x"', 'TXT'))
        : first;
    expect(await dns.listRecordSets('Z1', 'a.example.com')).toEqual({
      sets: [set('a.example.com')],
      next_name: 'b.example.com',
    });
    const standing = await readStanding(['b.example.com', 'a.example.com'], (from) => dns.listRecordSets('Z1', from));
    expect(standing.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'a.example.com A',
      'b.example.com A',
      'b.example.com TXT',
    ]);
  });

  it('tell how a change fares', async () => {
    play = () => change('GetChange');
    expect(await dns.getChange('C1')).toBe('PENDING');
    expect(requests[0]?.path).toBe('/2013-04-01/change/C1');
    play = () => change('GetChange', 'INSYNC');
    expect(await dns.getChange('/change/C1')).toBe('INSYNC');
    play = () => refuse('NoSuchChange', 'Could not find', 404);
    expect(await dns.getChange('C9')).toBeUndefined();
  });
});

describe('a change', () => {
  it('is sent as one batch and answers its id', async () => {
    play = () => change('ChangeResourceRecordSets');
    const changes: RecordChange[] = [
      { action: 'DELETE', set: set('a.example.com') },
      { action: 'CREATE', set: set('*.example.com', { type: 'TXT', values: ['"a \\"b\\" <c>"'] }) },
    ];
    expect(await dns.changeRecordSets('/hostedzone/Z1', changes, held)).toEqual({ change_id: 'C1', status: 'PENDING' });
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/2013-04-01/hostedzone/Z1/rrset' });
    expect(requests[0]?.body).toContain('<Action>DELETE</Action><ResourceRecordSet><Name>a.example.com.</Name>');
    expect(requests[0]?.body).toMatch(/<Name>\*\.example\.com\.<\/Name>.*&lt;c&gt;/);
  });

  it('that is refused tells every message of Route 53', async () => {
    const words = [
      "Tried to create resource record set [name='a.example.com.', type='A'] but it already exists",
      'RRSet of type CNAME with DNS name b.example.com. is not permitted as it conflicts',
    ];
    play = () => refuse('InvalidChangeBatch', `[${words.join(', ')}]`);
    const error = await errorOf(dns.changeRecordSets('Z1', [create('a.example.com')], held));
    expect(error).toMatchObject({ kind: 'conflict', code: 'change-refused', message: words.join('; ') });
    expect(error.problems).toEqual(words.map((detail) => ({ detail })));
    const messages = words.map((one) => `<Message>${one}</Message>`).join('');
    play = () => ({
      status: 400,
      body: `<InvalidChangeBatch ${XMLNS}><Messages>${messages}</Messages><RequestId>r</RequestId></InvalidChangeBatch>`,
    });
    const documented = await errorOf(dns.changeRecordSets('Z1', [create('a.example.com')], held));
    expect(documented.problems).toEqual(words.map((detail) => ({ detail })));
  });

  it.each([
    ['InvalidInput', 400, 'conflict', 'change-refused'],
    ['NoSuchHostedZone', 404, 'not-found', 'zone-not-found'],
    ['PriorRequestNotComplete', 400, 'unavailable', 'prior-request-not-complete'],
    ['Throttling', 400, 'unavailable', 'route53-throttled'],
    ['AccessDenied', 403, 'unavailable', 'route53-not-authorized'],
    ['ServiceUnavailable', 503, 'unavailable', 'route53-unavailable'],
    ['InternalFailure', 500, 'unavailable', 'route53-unavailable'],
  ])('that gets %s (%i) is %s %s, after one attempt', async (code, status, kind, own) => {
    play = () => refuse(code, 'words', status);
    expect(await errorOf(dns.changeRecordSets('Z1', [create('a.example.com')], held))).toMatchObject({
      kind,
      code: own,
    });
    expect(requests).toHaveLength(1);
  });

  it.each([['silence', SILENCE] as const, ['half an answer', STALL] as const])(
    'that gets %s is unavailable in time, after one attempt',
    async (_, happens) => {
      play = () => happens;
      dns.close();
      dns = open({ request: 80 });
      const took = await quickest(2_000, async () => {
        requests.length = 0;
        const error = await errorOf(dns.changeRecordSets('Z1', [create('a.example.com')], held));
        expect(error).toMatchObject({ kind: 'unavailable', code: 'route53-unavailable' });
        expect(requests).toHaveLength(1);
      });
      expect(took).toBeLessThan(2_000);
    },
  );

  it('whose connection is cut is unavailable, after one attempt', async () => {
    play = () => CUT;
    // Node's own errors come from outside Jest's realm, where the SDK does not know them for errors and wraps them.
    const isInstance = Function.prototype[Symbol.hasInstance];
    Object.defineProperty(Error, Symbol.hasInstance, {
      value(this: unknown, value: unknown) {
        return this === Error
          ? Object(value) === value && 'stack' in Object(value)
          : isInstance.call(this as typeof Error, value);
      },
      configurable: true,
    });
    try {
      const code = await dns
        .changeRecordSets('Z1', [create('a.example.com')], held)
        .catch((error: AppError) => error.code);
      expect([code, requests.length]).toEqual(['route53-unavailable', 1]);
    } finally {
      Reflect.deleteProperty(Error, Symbol.hasInstance);
    }
  });

  it('is not sent when its guard says no, and ends when its time is over', async () => {
    const over = new Error('no longer ours');
    const refuses = {
      ...held,
      assertHeld: () => {
        throw over;
      },
    };
    await expect(dns.changeRecordSets('Z1', [create('a.example.com')], refuses)).rejects.toBe(over);
    expect(requests).toHaveLength(0);
    const controller = new AbortController();
    play = () => {
      controller.abort(over);
      return SILENCE;
    };
    const aborted = { ...held, signal: controller.signal };
    await expect(dns.changeRecordSets('Z1', [create('a.example.com')], aborted)).rejects.toBe(over);
  });

  it('of a special set is never sent', async () => {
    const special = { action: 'DELETE', set: set('a.example.com', { is_special: true }) } as const;
    await expect(dns.changeRecordSets('Z1', [special], held)).rejects.toThrow('never changed');
    expect(requests).toHaveLength(0);
  });
});
