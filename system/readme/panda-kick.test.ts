import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { eventually } from '@quartermaster/testing';
import { openDnsLane, standingIn, zoneOf, type SandboxZone, type ShownRecord } from '../harness/records';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';

// The commands that panda-kick's README prints, run by a shell as an operator would, with these in place of what it leaves
// to the reader, the token added and the evident typing errors mended: the missing \ before -H, the space before -d.
const AUTH = `-H 'Authorization: token ${TOKEN}'`;

const CREATE = `curl -XPOST kick.<cluster_name>.cluster:2000/records -d '{
"hostname": "<hostname>",
"ip_address": "<ip_address>",
"port": "<port>",
"type": "<type>"}' \\
-H 'Content-Type: application/vnd.kick.record+json'`;
const RETRIEVE = 'curl -XGET kick.<cluster_name>.cluster:2000/record/<hostname>';
const POLL = `until curl kick.<cluster_name>.cluster:2000/record/<hostname> | grep -o 'INSYNC'; do
  sleep 5
done`;
const UPDATE = `curl -XPUT kick.<cluster_name>.cluster:2000/record/<hostname> -d '{
"hostname": "<new_hostname>",
"ip_address": "<ip_address>",
"port": "<port>",
"type": "<type>"}' \\
-H 'Content-Type: application/vnd.kick.record+json'`;
const REMOVE = 'curl -XDELETE kick.<cluster_name>.cluster:2000/record/<hostname>';

let system: System;
let lane: Lane;
let zone: SandboxZone;
beforeAll(async () => {
  // Longer than it takes to look once, so that the loop really has to wait.
  system = await startSystem({ SANDBOX_ROUTE53_INSYNC_MS: '8000' });
  lane = await openDnsLane(system);
  // The printed requests wait for Route 53's acceptance as long as requests do; not for the worker's start, too.
  await eventually(() => {
    const worker = lane.processes.find(({ name }) => name === 'worker');
    expect(worker?.lines.join('\n')).toContain('"message":"Working"');
  });
  zone = await zoneOf(system.sandbox, 'sparkles.cluster', true);
});
afterAll(() => system.stop());

interface Run {
  readonly status: number;
  readonly type: string;
  readonly location: string;
  readonly body: string;
}

function fill(command: string, values: Readonly<Record<string, string>>): string {
  const filled = Object.entries(values).reduce((line, [name, value]) => line.replaceAll(`<${name}>`, value), command);
  return filled
    .replaceAll('kick.<cluster_name>.cluster:2000', new URL(lane.webUrl).host)
    .replaceAll('curl ', `curl ${AUTH} --silent --show-error `);
}

async function shell(script: string): Promise<{ output: string; complaint: string; code: number | null }> {
  const child = spawn('sh', ['-c', script]);
  const [output, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { output, complaint, code: code as number | null };
}

/** A command of the README; only what it prints besides is added. */
async function run(command: string, values: Readonly<Record<string, string>> = {}): Promise<Run> {
  const told = `--write-out '\\n%{http_code}|%{content_type}|%header{location}'`;
  const { output, complaint, code } = await shell(fill(command, values).replace('curl ', `curl ${told} `));
  if (code !== 0) throw new Error(`it ended with ${code}: ${complaint}`);
  const end = output.lastIndexOf('\n');
  const [status = '', type = '', location = ''] = output.slice(end + 1).split('|');
  return { status: Number(status), type, location, body: output.slice(0, end) };
}

const parse = ({ body }: Run): ShownRecord => JSON.parse(body) as ShownRecord;
const MEDIA_TYPE = 'application/vnd.kick.record+json';
const HOST = 'test.sparkles.cluster';

describe("panda-kick's README", () => {
  it('creates a domain name', async () => {
    const values = { hostname: HOST, ip_address: '10.1.2.3', port: '', type: 'A' };
    const answer = await run(CREATE, values);
    expect([answer.status, answer.type, answer.location]).toEqual([201, MEDIA_TYPE, `/record/${HOST}`]);
    expect(parse(answer)).toMatchObject({ hostname: HOST, type: 'A', ip_address: '10.1.2.3', status: 'PENDING' });
  });

  it('retrieves it in the printed form', async () => {
    const answer = await run(RETRIEVE, { hostname: HOST });
    expect([answer.status, answer.type]).toEqual([200, MEDIA_TYPE]);
    // The README's fields in its order; the TTL is new.
    expect(Object.keys(parse(answer))).toEqual(['hostname', 'type', 'ip_address', 'ttl', 'status']);
    expect(parse(answer)).toMatchObject({ hostname: HOST, type: 'A', ip_address: '10.1.2.3' });
  });

  it('polls until it is INSYNC, by the printed loop', async () => {
    const { output, code } = await shell(fill(POLL, { hostname: HOST }));
    expect([output, code]).toEqual(['INSYNC\n', 0]);
    expect(parse(await run(RETRIEVE, { hostname: HOST })).status).toBe('INSYNC');
  });

  it('updates it, and renames it', async () => {
    const values = { hostname: HOST, new_hostname: HOST, ip_address: '10.1.2.4', port: '', type: 'A' };
    const changed = await run(UPDATE, values);
    expect([changed.status, parse(changed).ip_address]).toEqual([200, '10.1.2.4']);
    const renamed = await run(UPDATE, { ...values, new_hostname: 'new.sparkles.cluster' });
    expect([renamed.status, renamed.location]).toEqual([200, '/record/new.sparkles.cluster']);
    expect((await run(RETRIEVE, { hostname: HOST })).status).toBe(404);
    const standing = (await standingIn(system.sandbox, zone)).map(({ name }) => name);
    expect([standing.includes(HOST), standing.includes('new.sparkles.cluster')]).toEqual([false, true]);
  });

  it('takes a service with its port, in the private zone without a type', async () => {
    const values = { hostname: 'service.sparkles.cluster', ip_address: '10.1.2.5', port: '2001' };
    expect(parse(await run(CREATE, { ...values, type: 'SRV' }))).toMatchObject({ type: 'SRV', port: 2001 });
    const other = { ...values, hostname: 'other.sparkles.cluster', type: '' };
    expect(parse(await run(CREATE, other))).toMatchObject({ type: 'SRV', port: 2001, ip_address: '10.1.2.5' });
    const standing = await standingIn(system.sandbox, zone);
    expect(standing.find(({ name }) => name === values.hostname)?.values).toEqual(['1 1 2001 10.1.2.5']);
  });

  it('removes it', async () => {
    const answer = await run(REMOVE, { hostname: 'new.sparkles.cluster' });
    expect([answer.status, answer.type]).toEqual([200, MEDIA_TYPE]);
    expect((await run(RETRIEVE, { hostname: 'new.sparkles.cluster' })).status).toBe(404);
    expect((await run(REMOVE, { hostname: 'new.sparkles.cluster' })).status).toBe(404);
    const standing = (await standingIn(system.sandbox, zone)).map(({ name }) => name);
    expect(standing).not.toContain('new.sparkles.cluster');
    expect(standing).toContain('kick.sparkles.cluster');
  });
});
