import { eventually } from '@quartermaster/testing';
import { startSystem, type Lane, type System } from '../harness/start-system';

const STACK = {
  name: 'My Stack',
  layers: [
    { name: 'API Server', shortname: 'api', instances: 11, stopped: 1 },
    { name: 'my layer', shortname: 'my-layer', instances: 1 },
  ],
};

interface Shown {
  readonly StackId?: string;
  readonly LayerId?: string;
  readonly Name?: string;
  readonly Shortname?: string;
  readonly Hostname?: string;
  readonly Status?: string;
}

let system: System;
beforeAll(async () => {
  system = await startSystem();
  expect((await system.sandbox('/_sandbox/stacks', { method: 'POST', body: STACK })).status).toBe(201);
});
afterAll(() => system.stop());

describe.each(['ec2-tags', 'opsworks'])('stacks by %s', (source) => {
  let lane: Lane;
  beforeAll(async () => {
    lane = await system.openLane({ miniWorker: { STACKS_SOURCE: source }, start: ['mini-worker'] });
    await eventually(async () => expect((await lane.api('/stacks')).headers.has('x-cache-age')).toBe(true));
  });

  const get = async <T = Shown>(path: string): Promise<T> => {
    const answer = await lane.api<T>(path);
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.json();
  };

  it('are bare arrays and objects in AWS’ words, found by name and short name in any case', async () => {
    const stacks = await get<Shown[]>('/stacks');
    const shown = stacks.find(({ Name }) => Name === 'My Stack');
    expect(await get('/stacks/my%20stack')).toEqual(shown);
    const layers = await get<Shown[]>('/stacks/My%20Stack/layers');
    expect(layers.map(({ Shortname, StackId }) => [Shortname, StackId])).toEqual([
      ['api', shown?.StackId],
      ['my-layer', shown?.StackId],
    ]);
    expect(await get('/stacks/MY%20STACK/layers/MY%20LAYER')).toEqual(layers[1]);
    expect(await get('/stacks/My%20Stack/layers/My-Layer')).toEqual(layers[1]);
  });

  it('list the instances of a layer as people count, and find one by name or number', async () => {
    const instances = await get<Shown[]>('/stacks/My%20Stack/layers/api/instances');
    expect(instances.map(({ Hostname }) => Hostname)).toEqual(Array.from({ length: 11 }, (_, i) => `api${i + 1}`));
    expect(instances.map(({ Status }) => Status)).toEqual([...Array<string>(10).fill('online'), 'stopped']);
    expect(await get('/stacks/My%20Stack/layers/api/instances/API10')).toEqual(instances[9]);
    expect(await get('/stacks/My%20Stack/layers/api/instances/3')).toEqual(instances[2]);
  });

  it('are not sent again to whoever has them already', async () => {
    const path = '/stacks/My%20Stack/layers/api/instances';
    const etag = (await lane.api(path)).headers.get('etag') ?? '';
    const again = await lane.api(path, { headers: { 'if-none-match': etag } });
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    expect(again.headers.has('x-cache-age')).toBe(true);
    const unknown = await lane.api('/stacks/nope', { headers: { 'if-none-match': etag } });
    expect(unknown.status).toBe(404);
  });

  it.each([
    ['/stacks/nope', 'unknown-stack', 'There is no stack nope; there are My Stack.'],
    [
      '/stacks/My%20Stack/layers/nope',
      'unknown-layer',
      'The stack My Stack has no layer nope; there are api, my-layer.',
    ],
    [
      '/stacks/My%20Stack/layers/my-layer/instances/2',
      'unknown-instance',
      'The layer my-layer has no instance 2; there are my-layer1.',
    ],
  ])('say what there is where %s is asked for', async (path, code, detail) => {
    const answer = await lane.api(path);
    expect([answer.status, answer.json()]).toMatchObject([404, { errors: [{ status: '404', code, detail }] }]);
  });
});

describe('stacks whose source is away', () => {
  it.each([
    ['ec2-tags', 'ec2'],
    ['opsworks', 'opsworks'],
  ])('stay as they were last seen, and their age grows: %s', async (source, service) => {
    const lane = await system.openLane({ miniWorker: { STACKS_SOURCE: source }, start: ['mini-worker'] });
    await eventually(async () => expect((await lane.api('/stacks')).headers.has('x-cache-age')).toBe(true));
    const before = (await lane.api('/stacks/My%20Stack/layers/api/instances')).text;
    const fault = { kind: 'down', service };
    await system.sandbox('/_sandbox/faults', { method: 'POST', body: fault });
    try {
      await eventually(async () => {
        const answer = await lane.api('/stacks/My%20Stack/layers/api/instances');
        expect(Number(answer.headers.get('x-cache-age'))).toBeGreaterThanOrEqual(2);
        expect(answer.text).toBe(before);
      });
      const { caches } = (await lane.api<{ caches: { name: string; age_seconds: number }[] }>('/processes')).json();
      expect(caches.find(({ name }) => name === 'stacks')?.age_seconds).toBeGreaterThanOrEqual(2);
    } finally {
      await system.sandbox('/_sandbox/faults', { method: 'DELETE' });
    }
    await eventually(async () =>
      expect(Number((await lane.api('/stacks')).headers.get('x-cache-age'))).toBeLessThan(2),
    );
  });

  it('are said to have never been read before the first time', async () => {
    const lane = await system.openLane({ start: [] });
    const [list, one] = await Promise.all([lane.api('/stacks'), lane.api('/stacks/x')]);
    expect([list.status, list.text, list.headers.get('x-cache-age')]).toEqual([200, '[]', null]);
    expect([one.status, one.text]).toEqual([404, expect.stringContaining('No stacks have been read yet')]);
  });
});
