import { once } from 'node:events';
import { eventually } from '@quartermaster/testing';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';

const PATH = '/admin/queues';
const authorization = `Basic ${Buffer.from(`ann:${TOKEN}`).toString('base64')}`;

let system: System;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

it('the dashboard of jobs shows the queues of a real web, for looking only', async () => {
  const lane = await system.openLane({ web: { DASHBOARD: 'true' }, start: [] });
  expect((await lane.api(PATH, { headers: { authorization: '' } })).status).toBe(401);

  const page = await lane.api(PATH, { headers: { authorization } });
  expect(page.status).toBe(200);
  const script = /src="(static\/js\/main[^"]+)"/.exec(page.text)?.[1];
  expect((await lane.api(`${PATH}/${script}`, { headers: { authorization } })).status).toBe(200);

  const { queues } = (
    await lane.api<{ queues: { name: string; readOnlyMode: boolean }[] }>(`${PATH}/api/queues`, {
      headers: { authorization },
    })
  ).json();
  expect(queues.map(({ name }) => name)).toContain('instance-builds');
  expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
  const emptied = await lane.api(`${PATH}/api/queues/tasks/empty`, { method: 'PUT', headers: { authorization } });
  expect(emptied.status).toBe(405);
  await logNames(lane, PATH, 'default');
});

it('answers 503 while Redis is away, and goes on once it is back', async () => {
  const lane = system.lanes[0] as Lane;
  const ended = once(system.redis.process(), 'exit');
  system.redis.process().kill('SIGKILL');
  await ended;
  const answer = await lane.api(`${PATH}/api/queues`, { headers: { authorization } });
  expect([answer.status, answer.headers.get('retry-after') === null]).toEqual([503, false]);
  await system.redis.start();
  await eventually(async () => {
    expect((await lane.api(`${PATH}/api/queues`, { headers: { authorization } })).status).toBe(200);
  });
});

it('is not there unless it is asked for', async () => {
  const lane = await system.openLane({ start: [] });
  const answer = await lane.api<{ errors: { code: string }[] }>(PATH);
  expect([answer.status, answer.json().errors[0]?.code]).toEqual([404, 'unknown-path']);
});

/** The request is in the log, with the name of the token. */
async function logNames(lane: Lane, path: string, caller: string): Promise<void> {
  const lines = await eventually(() => {
    const found = lane.web.lines.filter((line) => line.includes(`"path":"${path}"`));
    expect(found.some((line) => line.includes(`"caller":"${caller}"`))).toBe(true);
    return found;
  });
  expect(lines.join('\n')).not.toContain(TOKEN);
}
