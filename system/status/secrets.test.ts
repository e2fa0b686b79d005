import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { eventually, startHttpServer, type HttpServer } from '@quartermaster/testing';
import { Redis } from 'ioredis';
import { slackMessages } from '../harness/builds';
import { startProcess } from '../harness/processes';
import { forwardingReaches, getStatus, postStatus } from '../harness/statuses';
import { startSystem, type System } from '../harness/start-system';
import { findLeaks, needle, readWholeRedis, type Found } from '../faults/secret-search';

const secret = (name: string): string => `planted-${name}-${randomBytes(8).toString('hex')}`;
const SECRETS = { token: secret('token'), user: secret('user'), password: secret('password'), query: secret('query') };

let system: System;
let target: HttpServer;
let redirected = 0;
let seen: string[];
type Respond = (response: ServerResponse, echo: string) => void;
/** How the target answers to updates of a service; it echoes what it was sent, as a careless one does. */
const ways = new Map<string, Respond>();

beforeAll(async () => {
  system = await startSystem();
  seen = [];
  target = await startHttpServer(({ url, headers, body }, response) => {
    if (url === '/elsewhere') redirected += 1;
    const echo = JSON.stringify([url, headers]);
    seen.push(echo);
    const { service } = JSON.parse(body) as { service: string };
    ways.get(service)?.(response, echo);
  });
});
afterAll(async () => {
  await target.stop();
  await system.stop();
});

const targetUrl = (): string =>
  `http://${SECRETS.user}:${SECRETS.password}@127.0.0.1:${target.port}/status?key=${SECRETS.query}`;
const WAYS: Record<string, Respond> = {
  'an error': (response, echo) => void response.writeHead(500).end(echo),
  'a redirect': (response, echo) => void response.writeHead(307, { location: '/elsewhere' }).end(echo),
  'no answer': (response) => void response.destroy(),
  silence: () => undefined,
  nonsense: (response) => void response.socket?.end('this is not HTTP\r\n\r\n'),
};

describe("a target's address and token", () => {
  it.each([['token'], ['password']])('are used (%s), and are in no log, answer, message or store', async (kind) => {
    const byToken = kind === 'token';
    const lane = await system.openLane({
      worker: {
        STATUS_FORWARD_URL: targetUrl(),
        ...(byToken ? { STATUS_FORWARD_TOKEN: SECRETS.token } : {}),
        STATUS_FORWARD_TIMEOUT: '200ms',
        STATUS_FORWARD_MAX_BACKOFF: '200ms',
      },
      start: [],
    });
    const patient = lane.startWorker();
    seen = [];
    const found: Found[] = [];
    const posted = new Map<string, { service: string; id: string }>();
    for (const [way, how] of Object.entries(WAYS)) {
      const service = `${kind}-${way.replaceAll(' ', '-')}`;
      ways.set(service, how);
      posted.set(way, await postStatus(lane.api, service));
      await eventually(async () => expect((await getStatus(lane.api, service)).forwarding?.tries).toBeGreaterThan(0));
      found.push({ place: `${way}, waiting`, text: (await lane.api(`/status/${service}`)).text });
    }
    const refused = `${kind}-refused`;
    ways.set(refused, (response, echo) => void response.writeHead(400).end(echo));
    await postStatus(lane.api, refused);
    await forwardingReaches(lane.api, refused, 'failed');
    ways.set(refused, (response, echo) => void response.writeHead(200).end(echo));
    await postStatus(lane.api, refused);
    await forwardingReaches(lane.api, refused, 'delivered');

    await patient.stop();
    lane.startWorker({ STATUS_FORWARD_GIVE_UP: '1s' });
    for (const [way, { service, id }] of posted) {
      const given = await forwardingReaches(lane.api, service, 'failed');
      found.push({ place: `${way}, failed`, text: JSON.stringify(given) });
      await eventually(async () => {
        const messages = await slackMessages(system.sandbox);
        expect(messages.map(({ event_id }) => event_id)).toContain(`unforwarded-${id}`);
        found.push({ place: 'Slack', text: JSON.stringify(messages) });
      });
    }
    const basic = Buffer.from(`${SECRETS.user}:${SECRETS.password}`).toString('base64');
    const expected = byToken ? `Bearer ${SECRETS.token}` : `Basic ${basic}`;
    expect(seen.length).toBeGreaterThan(7);
    expect(seen.every((request) => request.includes(expected) && request.includes(SECRETS.query))).toBe(true);
    expect(redirected).toBe(0);

    for (const path of ['/status', '/processes']) found.push({ place: path, text: (await lane.api(path)).text });
    const redis = new Redis(system.redis.url, { protocol: 2, replyMapping: 'legacy' });
    found.push(...(await readWholeRedis(redis)));
    redis.disconnect();
    await lane.stop();
    for (const { name, lines } of lane.processes) found.push({ place: `log of ${name}`, text: lines.join('\n') });
    expect(found.length).toBeGreaterThan(30);
    const needles = Object.entries({ ...SECRETS, basic }).map(([name, value]) => needle(name, value));
    expect(findLeaks(found, needles)).toEqual([]);
  });

  it('are not in the refusal of a bad configuration', async () => {
    const bad = startProcess('worker', {
      STATUS_FORWARD_URL: `ftp://${SECRETS.user}:${SECRETS.password}@127.0.0.1/`,
      STATUS_FORWARD_TOKEN: `${SECRETS.token} with a space`,
    });
    expect(await bad.ended).toBe(1);
    await eventually(() => expect(bad.lines.join('\n')).toContain('STATUS_FORWARD_TOKEN must be'));
    expect(bad.lines.join('\n')).toContain('STATUS_FORWARD_URL must be an http or https address');
    expect(bad.lines.join('\n')).not.toContain('planted-');
  });
});
