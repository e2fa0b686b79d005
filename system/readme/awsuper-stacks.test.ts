import { execFileSync } from 'node:child_process';
import { eventually } from '@quartermaster/testing';
import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';

let system: System;
let lane: Lane;
beforeAll(async () => {
  system = await startSystem({ SANDBOX_STACKS: 'on' });
  lane = await system.openLane({ start: ['mini-worker'] });
  await eventually(async () => expect((await lane.api('/stacks')).headers.has('x-cache-age')).toBe(true));
});
afterAll(() => system.stop());

/** As anybody's curl sends it; stderr has nothing to say. */
function curl(path: string): unknown {
  const url = lane.webUrl + path;
  return JSON.parse(execFileSync('curl', ['-sf', '-H', `Authorization: Bearer ${TOKEN}`, url]).toString());
}

describe('AWSuper’s README: stacks', () => {
  it.each([
    ['GET /stacks', '/stacks', [{ Name: 'legacy' }, { Name: 'mobile-app' }, { Name: 'My Stack' }]],
    ['GET /stacks/:name', '/stacks/mobile-app', { Name: 'mobile-app' }],
    [
      'GET /stacks/:name/layers',
      '/stacks/mobile-app/layers',
      [{ Shortname: 'api' }, { Shortname: 'monitoring' }, { Shortname: 'worker' }],
    ],
    ['GET /stacks/:stackName/layers/:name', '/stacks/mobile-app/layers/api', { Name: 'API Server' }],
    [
      'GET /stacks/:stackName/layers/:layerName/instances',
      '/stacks/mobile-app/layers/worker/instances',
      [{ Hostname: 'worker1' }, { Hostname: 'worker2' }, { Hostname: 'worker3' }, { Hostname: 'worker4' }],
    ],
    [
      'GET /stacks/:stackName/layers/:layerName/instances/:hostName',
      '/stacks/mobile-app/layers/api/instances/api3',
      { Hostname: 'api3', Status: 'online' },
    ],
    [
      'the same by number: hostnames match ${layerName}${number}',
      '/stacks/mobile-app/layers/api/instances/3',
      { Hostname: 'api3' },
    ],
    ['names with a space', '/stacks/my%20stack/layers/my%20layer', { Name: 'my layer' }],
  ])('%s', (_what, path, expected) => {
    expect(curl(path)).toMatchObject(expected);
  });
});

/** It puts names into the path of the request, encoded. */
describe('AWSuper’s command line', () => {
  it.each([
    ['list', '/stacks', [{ Name: 'legacy' }, { Name: 'mobile-app' }, { Name: 'My Stack' }]],
    [
      'list --stack "my stack"',
      '/stacks/my%20stack/layers',
      expect.arrayContaining([expect.objectContaining({ Name: 'my layer' })]),
    ],
    [
      'list --stack mobile-app --layer worker',
      '/stacks/mobile-app/layers/worker/instances',
      [{ Hostname: 'worker1' }, { Hostname: 'worker2' }, { Hostname: 'worker3' }, { Hostname: 'worker4' }],
    ],
    ['describe --stack "my stack"', '/stacks/my%20stack', { Name: 'My Stack' }],
    ['describe --stack "my stack" --layer "my layer"', '/stacks/my%20stack/layers/my%20layer', { Name: 'my layer' }],
    [
      'describe --stack mobile-app --layer api --instance api3',
      '/stacks/mobile-app/layers/api/instances/api3',
      { Hostname: 'api3' },
    ],
  ])('%s', (_command, path, expected) => {
    expect(curl(path)).toMatchObject(expected);
  });
});
