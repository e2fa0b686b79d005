import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { deliveriesOf, forwardingReaches, forwardingTo, getStatus, type ShownStatus } from '../harness/statuses';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';

// The request as panda-kick's README prints it, line by line, with the missing space before `-d` mended, the address put in
// and the token added.
const PRINTED = `curl -XPOST kick.<cluster_name>.cluster:2000/status -d '{
"service": "test-service", 
"application_id": "<app_id>",
"deployment_id": "<deploy_id>",
"status":"starting",
"detail": "<optional, object or string>"
}' \\
-H 'Content-Type: application/vnd.kick.status+json' 
`;

let system: System;
let lane: Lane;

beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane({
    web: { CLUSTER_ID: 'cluster-1' },
    worker: forwardingTo(system),
    start: ['worker'],
  });
});
afterAll(() => system.stop());

/** Through a shell, as it would be typed. */
async function type(command: string): Promise<{ status: number; contentType: string; body: string }> {
  const added = `curl --silent --show-error --max-time 30 --write-out '\\n%{http_code} %{content_type}' -H "$AUTH" `;
  const typed = command
    .trim()
    .replace(/^curl /, added)
    .replace('kick.<cluster_name>.cluster:2000', lane.webUrl);
  const env = { ...process.env, AUTH: `Authorization: token ${TOKEN}` };
  const child = spawn('sh', ['-c', typed], { env });
  const [output, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(`curl ended with ${code}: ${complaint}`);
  const end = output.lastIndexOf('\n');
  const [status = '', ...contentType] = output.slice(end + 1).split(' ');
  return { status: Number(status), contentType: contentType.join(' '), body: output.slice(0, end) };
}

describe("panda-kick's README", () => {
  it('posts the printed status update, which is recorded and forwarded', async () => {
    const answer = await type(PRINTED);
    expect(answer).toMatchObject({ status: 201, contentType: 'application/vnd.kick.status+json' });
    const posted = JSON.parse(answer.body) as ShownStatus;
    const printed = {
      service: 'test-service',
      application_id: '<app_id>',
      deployment_id: '<deploy_id>',
      status: 'starting',
      detail: '<optional, object or string>',
    };
    expect(posted).toMatchObject({ ...printed, cluster_id: 'cluster-1' });
    expect(new Date(posted.timestamp).toISOString()).toBe(posted.timestamp);

    const seen = await forwardingReaches(lane.api, 'test-service', 'delivered');
    expect(seen).toMatchObject({ ...posted, forwarding: { state: 'delivered', waiting: 0 } });
    const [delivery, ...others] = await deliveriesOf(system.sandbox, 'test-service');
    expect(others).toEqual([]);
    expect(delivery?.event_id).toBe(posted.id);
    expect(delivery?.body).toEqual({ ...printed, cluster_id: 'cluster-1', timestamp: posted.timestamp });
    expect(delivery?.headers).toMatchObject({
      'content-type': 'application/vnd.kick.status+json',
      'idempotency-key': posted.id,
    });
  });

  it.each(['starting', 'running', 'failed', 'shutting_down', 'stopped'])('takes the status %s', async (status) => {
    const answer = await type(PRINTED.replace('starting', status).replace('test-service', 'other-service'));
    expect(answer.status).toBe(201);
    expect(await getStatus(lane.api, 'other-service')).toMatchObject({ status });
  });

  it('takes no other status', async () => {
    const answer = await type(PRINTED.replace('starting', 'dancing'));
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('/status');
  });
});
