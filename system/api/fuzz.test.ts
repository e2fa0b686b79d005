import { fuzz } from '../fuzz/fuzz';
import { FAST_KUBERNETES, openCouchLane } from '../harness/couchdb';
import { startSystem, type Lane, type System } from '../harness/start-system';

const account = { username: 'fuzz', token: 'fuzz-token-0123456789' };
let system: System;
let lane: Lane;
beforeAll(async () => {
  system = await startSystem(FAST_KUBERNETES);
  lane = await openCouchLane(system, 'deployment');
  expect((await lane.api('/accounts', { body: account })).status).toBe(201);
});
afterAll(() => system.stop());

it('answers whatever is sent as its own document says, without an unexplained 5xx', async () => {
  const startedAt = Date.now();
  const { requests, succeeded, byStatus, brokenOff, findings } = await fuzz(lane, {
    seed: 8,
    rounds: 25,
    until: startedAt + 60_000,
    account,
  });
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  process.stdout.write(
    `${requests} requests in ${seconds} s, ${succeeded.size} operations succeeded, ${JSON.stringify(byStatus)}\n`,
  );
  process.stdout.write(brokenOff.map((line) => `${line.slice(0, 300)}\n`).join(''));
  expect(findings).toEqual([]);
  expect(requests).toBeGreaterThan(500);
  // Chance finds no ids; what needs none is answered with success too.
  expect(succeeded.size).toBeGreaterThan(15);
  expect((await lane.api('/healthz')).status).toBe(200);
  expect(await Promise.race([lane.web.ended, Promise.resolve('lives')])).toBe('lives');
});
