import { eventually } from '@quartermaster/testing';
import { buildReaches, postBuild } from '../harness/builds';
import { startSystem, type System } from '../harness/start-system';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

/** One that no process is given by chance, as a free one may be at any time. */
const CLOSED_PORT = 2;

describe('where nobody listens', () => {
  it('EC2 is named as what does not answer, and the build fails when its attempts are used up', async () => {
    const nobody = `http://127.0.0.1:${CLOSED_PORT}`;
    const lane = await system.openLane({
      start: ['worker'],
      worker: { AWS_ENDPOINT_URL: nobody, JOB_ATTEMPTS: '3' },
    });
    const { id } = await postBuild(lane.api);
    const build = await buildReaches(lane.api, id, 'failed', 60_000);
    expect(build.error).toMatchObject({ kind: 'unavailable', code: 'ec2-unavailable' });
    await lane.stop();
  });

  it('Slack is named, too, and holds up no build', async () => {
    const nobody = `http://127.0.0.1:${CLOSED_PORT}/api/`;
    const lane = await system.openLane({ start: [], worker: { SLACK_API_URL: nobody, JOB_ATTEMPTS: '2' } });
    const worker = lane.startWorker();
    const { id } = await postBuild(lane.api);
    await buildReaches(lane.api, id, 'finished', 60_000);
    await eventually(() => {
      const lines = worker.lines.filter((line) => line.includes('A message could not be sent'));
      expect(lines.some((line) => line.includes(`started-${id}`))).toBe(true);
      expect(worker.lines.some((line) => line.includes('slack-unavailable'))).toBe(true);
      expect(worker.lines.some((line) => line.includes('redis-unavailable'))).toBe(false);
    }, 60_000);
    await lane.stop();
  });
});
